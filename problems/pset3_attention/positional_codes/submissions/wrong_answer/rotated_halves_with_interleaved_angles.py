"""You mix two conventions, with angles for neighbours and rotate_half for the two halves: use one, here that of neighbours."""

import torch


def frequencies(dim):
    i = torch.arange(dim // 2, dtype=torch.float64)
    return 10000.0 ** (-2 * i / dim)


def sinusoidal_codes(positions, dim):
    angles = positions.double()[:, None] * frequencies(dim)[None, :]
    codes = torch.zeros(len(positions), dim, dtype=torch.float64)
    codes[:, 0::2] = torch.sin(angles)
    codes[:, 1::2] = torch.cos(angles)
    return codes


def rotate_half(x):
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat([-x2, x1], dim=-1)


def rotate(x, positions):
    angles = positions.double()[:, None] * frequencies(x.shape[-1])[None, :]
    angles = angles.repeat_interleave(2, dim=-1)
    return (x * torch.cos(angles) + rotate_half(x) * torch.sin(angles)).to(x.dtype)


def relative_bias(table, queries, keys):
    M = (table.shape[0] - 1) // 2
    i = torch.arange(queries).view(-1, 1)
    j = torch.arange(keys).view(1, -1)
    index = torch.clamp(j - i, -M, M) + M
    return table[index].permute(2, 0, 1)
