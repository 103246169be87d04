"""You cut by a reshape alone, so that a patch is a run of pixels from one row: the axes must change places first."""

import torch
from torch import nn


def patchify(images, patch):
    B, C, H, W = images.shape
    ph, pw = patch
    n = (H // ph) * (W // pw)
    return images.reshape(B, C, n, ph * pw).transpose(1, 2).reshape(B, n, C * ph * pw)


def unpatchify(patches, patch, image_size):
    B, N, F = patches.shape
    H, W = image_size
    C = F // (patch[0] * patch[1])
    return patches.reshape(B, N, C, -1).transpose(1, 2).reshape(B, C, H, W)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch = patch
        self.num_patches = (image_size[0] // patch[0]) * (image_size[1] // patch[1])
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.zeros(1, self.num_patches + 1, embed_dim))

    def forward(self, images):
        B = images.shape[0]
        x = self.proj(patchify(images, self.patch))
        cls = self.class_token.expand(B, -1, -1)
        x = torch.cat([cls, x], dim=1)
        return x + self.positions
