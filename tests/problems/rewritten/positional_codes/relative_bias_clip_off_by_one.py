"""*Wrong:* off by one (clipped to M - 1)"""

import torch


def _angles(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), 10000.0 ** (-2 * i / dim))


def sinusoidal_codes(positions, dim):
    a = _angles(positions, dim)
    return torch.stack([a.sin(), a.cos()], dim=-1).flatten(1)


def rotate(x, positions):
    a = _angles(positions, x.shape[-1])
    points = x.to(torch.float64).unflatten(-1, (-1, 2))
    first, second = points[..., 0], points[..., 1]
    c, s = a.cos(), a.sin()
    return torch.stack([c * first - s * second, s * first + c * second], dim=-1).flatten(-2).to(x.dtype)


def relative_bias(table, queries, keys):
    m = table.size(0) // 2
    edge = max(m - 1, 0)
    distance = torch.arange(keys).view(1, -1) - torch.arange(queries).view(-1, 1)
    index = m + torch.clip(distance, -edge, edge)
    return table.t()[:, index]
