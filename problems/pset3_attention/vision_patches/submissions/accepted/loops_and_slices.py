"""A loop over the patches: each is a slice of the images, and goes back into the same slice."""

import torch
from torch import nn


def _places(patch, image_size):
    for top in range(0, image_size[0], patch[0]):
        for left in range(0, image_size[1], patch[1]):
            yield slice(top, top + patch[0]), slice(left, left + patch[1])


def patchify(images, patch):
    B = images.shape[0]
    cut = [images[:, :, rows, columns].reshape(B, -1) for rows, columns in _places(patch, images.shape[2:])]
    return torch.stack(cut, dim=1)


def unpatchify(patches, patch, image_size):
    B = patches.shape[0]
    C = patches.shape[2] // (patch[0] * patch[1])
    images = patches.new_empty(B, C, *image_size)
    for number, (rows, columns) in enumerate(_places(patch, image_size)):
        images[:, :, rows, columns] = patches[:, number].reshape(B, C, *patch)
    return images


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        self.patch = patch
        number = len(list(_places(patch, image_size)))
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.randn(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.randn(1, number + 1, embed_dim))

    def forward(self, images):
        tokens = [self.class_token[:, 0].repeat(images.shape[0], 1)]
        for vector in patchify(images, self.patch).unbind(dim=1):
            tokens.append(self.proj(vector))
        return torch.stack(tokens, dim=1) + self.positions
