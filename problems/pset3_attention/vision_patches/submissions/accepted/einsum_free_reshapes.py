"""One reshape to six axes, one permutation, one reshape back; the tokens are written into a new tensor."""

import torch
from torch import nn


def patchify(images, patch):
    B, C, H, W = images.shape
    p, q = patch
    cut = images.reshape(B, C, H // p, p, W // q, q)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(B, (H // p) * (W // q), C * p * q)


def unpatchify(patches, patch, image_size):
    (H, W), (p, q) = image_size, patch
    B = patches.size(0)
    C = patches.size(2) // (p * q)
    grid = patches.reshape(B, H // p, W // q, C, p, q)
    return torch.moveaxis(grid, 3, 1).swapaxes(3, 4).reshape(B, C, H, W)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch = patch
        N = (image_size[0] * image_size[1]) // (patch[0] * patch[1])
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.empty(1, 1, embed_dim).normal_(std=0.02))
        self.positions = nn.Parameter(torch.empty(1, N + 1, embed_dim).normal_(std=0.02))

    def forward(self, images):
        patches = patchify(images, self.patch)
        tokens = patches.new_zeros(patches.size(0), patches.size(1) + 1, self.class_token.size(2))
        tokens[:, 0] = self.class_token[0]
        tokens[:, 1:] = self.proj(patches)
        return tokens + self.positions
