"""*Wrong:* off by one"""

import torch


def _angles(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), 10000.0 ** (-2 * i / dim))


def sinusoidal_codes(positions, dim):
    a = _angles(positions, dim)
    return torch.stack([a.sin(), a.cos()], dim=-1).flatten(1)


def rotate(x, positions):
    a = _angles(positions + 1, x.shape[-1])
    pairs = x.double().reshape(*x.shape[:-1], -1, 2)
    turn = torch.stack([torch.stack([a.cos(), -a.sin()], -1), torch.stack([a.sin(), a.cos()], -1)], -2)
    return torch.einsum("lirc,...lic->...lir", turn, pairs).reshape(x.shape).to(x.dtype)


def relative_bias(table, queries, keys):
    m = (table.shape[0] - 1) // 2
    r = torch.arange(keys, device=table.device)[None, :] - torch.arange(queries, device=table.device)[:, None]
    return table[r.clamp(-m, m) + m].permute(2, 0, 1)
