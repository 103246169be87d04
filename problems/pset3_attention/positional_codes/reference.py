"""Reference solution: sinusoidal codes, rotary codes and a relative bias."""

import torch

BASE = 10_000.0


def _angles(positions: torch.Tensor, dim: int) -> torch.Tensor:
    """(L, D / 2): position times frequency. The frequencies fall from 1 towards 1 / BASE."""
    exponents = torch.arange(0, dim, 2, dtype=torch.float64) / dim
    # float64 throughout: with float32 a position of some thousands has few digits left for its angle.
    return positions.to(torch.float64)[:, None] * BASE**-exponents


def sinusoidal_codes(positions: torch.Tensor, dim: int) -> torch.Tensor:
    angles = _angles(positions, dim)
    # Stacked along a new last axis and flattened, sine and cosine of one angle are neighbours.
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotate(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    angles = _angles(positions, x.shape[-1])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., 0::2], x[..., 1::2]  # (..., L, D / 2)
    turned = torch.stack([first * cos - second * sin, first * sin + second * cos], dim=-1)
    return turned.flatten(-2)


def relative_bias(table: torch.Tensor, queries: int, keys: int) -> torch.Tensor:
    furthest = (table.shape[0] - 1) // 2
    distance = torch.arange(keys) - torch.arange(queries)[:, None]  # (Lq, Lk), positive: to the right
    return table[distance.clamp(-furthest, furthest) + furthest].permute(2, 0, 1)
