"""*Wrong:* positions ignored (passes when they are `arange`)"""

import torch


def _angles(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), 10000.0 ** (-2 * i / dim))


def sinusoidal_codes(positions, dim):
    a = _angles(positions, dim)
    return torch.stack([a.sin(), a.cos()], dim=-1).flatten(1)


def rotate(x, positions):
    n, d = x.shape[-2:]
    y = x.double().clone()
    for p in range(n):
        for i in range(d // 2):
            t = torch.tensor(p * 10000.0 ** (-2 * i / d), dtype=torch.float64)
            u, v = x[..., p, 2 * i].double(), x[..., p, 2 * i + 1].double()
            y[..., p, 2 * i] = u * t.cos() - v * t.sin()
            y[..., p, 2 * i + 1] = u * t.sin() + v * t.cos()
    return y.to(x.dtype)


def relative_bias(table, queries, keys):
    m = (table.shape[0] - 1) // 2
    r = torch.arange(keys, device=table.device)[None, :] - torch.arange(queries, device=table.device)[:, None]
    return table[r.clamp(-m, m) + m].permute(2, 0, 1)
