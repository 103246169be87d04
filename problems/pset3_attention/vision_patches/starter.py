"""How a vision transformer reads an image: as a sequence of patches.

B images, C channels, H rows, W columns. A patch has PH rows and PW columns, which divide H and W. There are
N = (H / PH) (W / PW) patches, of F = C PH PW numbers each, and E features.
"""

import torch
from torch import nn

Pair = tuple[int, int]


def patchify(images: torch.Tensor, patch: Pair) -> torch.Tensor:
    """Cut images into patches.

    images: (B, C, H, W). patch: (PH, PW).
    Returns (B, N, F): patches in reading order; in each patch channel by channel, each channel row by row.
    """
    raise NotImplementedError


def unpatchify(patches: torch.Tensor, patch: Pair, image_size: Pair) -> torch.Tensor:
    """Put the patches back together: the inverse of patchify.

    patches: (B, N, F). patch: (PH, PW). image_size: (H, W).
    Returns (B, C, H, W).
    """
    raise NotImplementedError


class PatchEmbedding(nn.Module):
    """The input layer of a vision transformer (Dosovitskiy et al., 2021).

    image_size: (H, W). patch: (PH, PW). channels: C. embed_dim: E.

    Parameters: proj, an nn.Linear from F to E; class_token, (1, 1, E); positions, (1, N + 1, E).
    """

    def __init__(self, image_size: Pair, patch: Pair, channels: int, embed_dim: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """images: (B, C, H, W). Returns (B, N + 1, E): the class token first, then the patches."""
        raise NotImplementedError
