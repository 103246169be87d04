"""You put patches together as if the channels of each pixel stood side by side: a patch holds channel after channel."""

import torch
from torch import nn


def patchify(images, patch):
    B, C, H, W = images.shape
    ph, pw = patch
    x = images.reshape(B, C, H // ph, ph, W // pw, pw)
    x = x.permute(0, 2, 4, 1, 3, 5)  # B, gh, gw, C, ph, pw
    return x.reshape(B, -1, C * ph * pw)


def unpatchify(patches, patch, image_size):
    B, N, F = patches.shape
    H, W = image_size
    ph, pw = patch
    C = F // (ph * pw)
    x = patches.reshape(B, H // ph, W // pw, ph, pw, C)
    x = x.permute(0, 5, 1, 3, 2, 4)  # B, C, gh, ph, gw, pw
    return x.reshape(B, C, H, W)


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
