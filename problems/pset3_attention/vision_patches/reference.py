"""Reference solution: patches and their embedding."""

import torch
from torch import nn

Pair = tuple[int, int]


def patchify(images: torch.Tensor, patch: Pair) -> torch.Tensor:
    rows, columns = patch
    # Each spatial axis is cut into (which patch, where in it); then the four pieces are put in order.
    grid = images.unflatten(3, (-1, columns)).unflatten(2, (-1, rows))  # (B, C, GH, PH, GW, PW)
    return grid.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def unpatchify(patches: torch.Tensor, patch: Pair, image_size: Pair) -> torch.Tensor:
    rows, columns = patch
    height, width = image_size
    grid = patches.unflatten(2, (-1, rows, columns)).unflatten(1, (height // rows, width // columns))
    # (B, GH, GW, C, PH, PW): the permutation of patchify, undone.
    return grid.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size: Pair, patch: Pair, channels: int, embed_dim: int) -> None:
        super().__init__()
        self.patch = patch
        count = (image_size[0] // patch[0]) * (image_size[1] // patch[1])
        self.proj = nn.Linear(channels * patch[0] * patch[1], embed_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.randn(1, count + 1, embed_dim) * 0.02)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.proj(patchify(images, self.patch))  # (B, N, E)
        first = self.class_token.expand(images.shape[0], -1, -1)
        # The class token is there before the positions are added: it has a position too.
        return torch.cat([first, tokens], dim=1) + self.positions
