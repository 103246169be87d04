"""*Wrong:* channel order inside a patch"""

import torch
from torch import nn


def patchify(images, patch):
    B, C, H, W = images.shape
    ph, pw = patch
    grid = images.reshape(B, C, H // ph, ph, W // pw, pw)
    return torch.einsum("bcyrxq->byxrqc", grid).reshape(B, -1, ph * pw * C)


def unpatchify(patches, patch, image_size):
    (ph, pw), (H, W) = patch, image_size
    grid = patches.reshape(patches.shape[0], H // ph, W // pw, ph, pw, -1)
    return torch.einsum("byxrqc->bcyrxq", grid).reshape(patches.shape[0], -1, H, W)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch = tuple(patch)
        count = (image_size[0] // patch[0]) * (image_size[1] // patch[1])
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, count + 1, embed_dim))

    def forward(self, images):
        tokens = self.proj(patchify(images, self.patch))
        first = self.class_token.expand(len(tokens), 1, -1)
        return torch.cat((first, tokens), dim=1) + self.positions
