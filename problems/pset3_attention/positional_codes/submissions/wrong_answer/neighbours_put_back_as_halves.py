"""You turn pairs of neighbours, and then put all first features before all second ones: each goes back to where it was."""

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


def rotate(x, positions):
    angles = positions.double()[:, None] * frequencies(x.shape[-1])[None, :]
    cos, sin = torch.cos(angles).to(x.dtype), torch.sin(angles).to(x.dtype)
    x1, x2 = x[..., 0::2], x[..., 1::2]
    return torch.cat([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1)


def relative_bias(table, queries, keys):
    M = (table.shape[0] - 1) // 2
    i = torch.arange(queries).view(-1, 1)
    j = torch.arange(keys).view(1, -1)
    index = torch.clamp(j - i, -M, M) + M
    return table[index].permute(2, 0, 1)
