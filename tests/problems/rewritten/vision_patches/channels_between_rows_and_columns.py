"""An image as a sequence of patches."""

import torch
from torch import nn


def patchify(images, patch):
    B, C, H, W = images.shape
    ph, pw = patch
    cut = images.reshape(B, C, H // ph, ph, W // pw, pw)  # b c gh r gw q
    return cut.permute(0, 2, 4, 3, 1, 5).reshape(B, (H // ph) * (W // pw), C * ph * pw)


def unpatchify(patches, patch, image_size):
    B, N, F = patches.shape
    (ph, pw), (H, W) = patch, image_size
    C = F // (ph * pw)
    cut = patches.reshape(B, H // ph, W // pw, ph, C, pw)  # b gh gw r c q
    return cut.permute(0, 4, 1, 3, 2, 5).reshape(B, C, H, W)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch = tuple(patch)
        n = (image_size[0] // patch[0]) * (image_size[1] // patch[1])
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, n + 1, embed_dim))

    def forward(self, images):
        tokens = self.proj(patchify(images, self.patch))
        first = self.class_token.expand(len(images), -1, -1)
        return torch.cat([first, tokens], dim=1) + self.positions
