"""*Wrong:* positions ignored (passes when they are `arange`)"""

import torch


def _angles(positions, dim):
    length = positions.shape[0]
    p = torch.arange(length, dtype=torch.float64).unsqueeze(1)
    w = torch.exp(torch.arange(0, dim, 2, dtype=torch.float64) * (-torch.log(torch.tensor(10000.0, dtype=torch.float64)) / dim))
    return p * w


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
    m = (table.shape[0] - 1) // 2
    r = torch.arange(keys, device=table.device)[None, :] - torch.arange(queries, device=table.device)[:, None]
    return table[r.clamp(-m, m) + m].permute(2, 0, 1)
