"""*Wrong:* patch order"""

import torch
from torch import nn


def patchify(images, patch):
    ph, pw = patch
    six = images.unflatten(3, (-1, pw)).unflatten(2, (-1, ph))  # b c gh r gw q
    return six.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def unpatchify(patches, patch, image_size):
    ph, pw = patch
    rows, cols = image_size[0] // ph, image_size[1] // pw
    out = patches.new_zeros(patches.shape[0], patches.shape[2] // (ph * pw), *image_size)
    for n in range(patches.shape[1]):
        gw, gh = divmod(n, rows)
        out[:, :, gh * ph : (gh + 1) * ph, gw * pw : (gw + 1) * pw] = patches[:, n].unflatten(1, (-1, ph, pw))
    return out


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
