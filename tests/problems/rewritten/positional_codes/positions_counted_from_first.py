"""*Wrong:* positions ignored (counted on from the first of them)"""

import torch


def _angles(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), 10000.0 ** (-2 * i / dim))


def sinusoidal_codes(positions, dim):
    table = _angles(positions[0] + torch.arange(positions.numel()), dim)
    out = torch.empty(positions.numel(), dim, dtype=torch.float64)
    out[:, 0::2], out[:, 1::2] = table.sin(), table.cos()
    return out


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
