"""Three ways of telling a transformer where a token stands.

L positions, D features (an even number), H heads.
"""

import torch


def sinusoidal_codes(positions: torch.Tensor, dim: int) -> torch.Tensor:
    """The code of each position: sines at even features, cosines at odd ones.

    positions: (L,) integers from 0, in any order. dim: D.
    Returns (L, D), float64.
    """
    raise NotImplementedError


def rotate(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Rotary code: turn each pair of neighbouring features by an angle that grows with the position.

    x: (..., L, D), with any number of axes in front. positions: (L,) integers from 0, in any order.
    Returns a tensor of the shape and dtype of x.
    """
    raise NotImplementedError


def relative_bias(table: torch.Tensor, queries: int, keys: int) -> torch.Tensor:
    """What is added to the attention scores for the distance between query and key.

    table: (2 M + 1, H); row M + r is for a key that stands r places after the query. Distances beyond
    M count as M. queries: Lq, keys: Lk.
    Returns (H, Lq, Lk).
    """
    raise NotImplementedError
