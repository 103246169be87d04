"""unfold and fold do the cutting, and a convolution whose stride is its kernel does the projection."""

import torch
import torch.nn.functional as F
from torch import nn


def patchify(images, patch):
    return F.unfold(images, kernel_size=patch, stride=patch).transpose(1, 2).contiguous()


def unpatchify(patches, patch, image_size):
    return F.fold(patches.transpose(1, 2), output_size=image_size, kernel_size=patch, stride=patch)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch, self.channels = tuple(patch), channels
        grid = [size // part for size, part in zip(image_size, patch)]
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.zeros(1, grid[0] * grid[1] + 1, embed_dim))

    def forward(self, images):
        kernel = self.proj.weight.view(-1, self.channels, *self.patch)
        tokens = F.conv2d(images, kernel, self.proj.bias, stride=self.patch).flatten(2).transpose(1, 2)
        first = self.class_token + self.positions[:, :1]
        return torch.cat([first.expand(len(images), -1, -1), tokens + self.positions[:, 1:]], dim=1)
