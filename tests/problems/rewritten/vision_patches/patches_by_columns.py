"""*Wrong:* patch order"""

import torch
from torch import nn


def patchify(images, patch):
    ph, pw = patch
    cut = [
        images[:, :, top : top + ph, left : left + pw].flatten(1)
        for left in range(0, images.shape[3], pw)
        for top in range(0, images.shape[2], ph)
    ]
    return torch.stack(cut, dim=1)


def unpatchify(patches, patch, image_size):
    ph, pw = patch
    gh, gw = image_size[0] // ph, image_size[1] // pw
    channels = patches.shape[-1] // (ph * pw)
    six = patches.reshape(-1, gw, gh, channels, ph, pw)
    return torch.einsum("bxycrq->bcyrxq", six).reshape(-1, channels, *image_size)


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
