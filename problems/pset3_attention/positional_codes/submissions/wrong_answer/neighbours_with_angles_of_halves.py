"""You mix two conventions, with the angles of halves for pairs of neighbours: features 2 i and 2 i + 1 turn by the same angle."""

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


def rotate_neighbours(x):
    x1, x2 = x[..., 0::2], x[..., 1::2]
    return torch.stack([-x2, x1], dim=-1).flatten(-2)


def rotate(x, positions):
    angles = positions.double()[:, None] * frequencies(x.shape[-1])[None, :]
    angles = torch.cat([angles, angles], dim=-1)
    return (x * torch.cos(angles) + rotate_neighbours(x) * torch.sin(angles)).to(x.dtype)


def relative_bias(table, queries, keys):
    M = (table.shape[0] - 1) // 2
    i = torch.arange(queries).view(-1, 1)
    j = torch.arange(keys).view(1, -1)
    index = torch.clamp(j - i, -M, M) + M
    return table[index].permute(2, 0, 1)
