"""*Wrong:* channel order inside a patch (each channel column by column)"""

import torch
from torch import nn


def patchify(images, patch):
    windows = images.unfold(2, patch[0], patch[0]).unfold(3, patch[1], patch[1])
    return windows.transpose(-1, -2).movedim(1, 3).flatten(3).flatten(1, 2)


def unpatchify(patches, patch, image_size):
    ph, pw = patch
    gh, gw = image_size[0] // ph, image_size[1] // pw
    blocks = patches.reshape(patches.shape[0], gh, gw, -1, pw, ph).transpose(-1, -2)
    rows = [torch.cat([blocks[:, y, x] for x in range(gw)], dim=-1) for y in range(gh)]
    return torch.cat(rows, dim=-2)


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
