"""Positional codes: sinusoidal, rotary, relative."""

import torch


def _angles(positions, dim):
    """(L, D / 2) in float64."""
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    omega = 10000.0 ** (-2 * i / dim)
    return positions.to(torch.float64)[:, None] * omega


def sinusoidal_codes(positions, dim):
    angles = _angles(positions, dim)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotate(x, positions):
    angles = _angles(positions, x.shape[-1])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., 0::2], x[..., 1::2]
    return torch.stack([first * cos - second * sin, first * sin + second * cos], dim=-1).flatten(-2)


def relative_bias(table, queries, keys):
    M = table.shape[0] // 2
    r = torch.arange(keys)[None, :] - torch.arange(queries)[:, None]
    return table[r.clamp(-M, M) + M].permute(2, 0, 1)
