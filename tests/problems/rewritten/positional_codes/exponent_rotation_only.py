"""*Wrong:* exponent (2i over D / 2 in the rotation)"""

import torch


def _angles(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    return torch.outer(positions.to(torch.float64), 10000.0 ** (-2 * i / dim))


def sinusoidal_codes(positions, dim):
    a = _angles(positions, dim)
    return torch.stack([a.sin(), a.cos()], dim=-1).flatten(1)


def rotate(x, positions):
    half = x.shape[-1] // 2
    inv = 1.0 / 10000.0 ** (torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / half)
    theta = positions.double().unsqueeze(-1) * inv
    z = torch.view_as_complex(x.double().reshape(*x.shape[:-1], half, 2).contiguous())
    z = z * torch.polar(torch.ones_like(theta), theta)
    return torch.view_as_real(z).flatten(-2).to(x.dtype)


def relative_bias(table, queries, keys):
    m = (table.shape[0] - 1) // 2
    r = torch.arange(keys, device=table.device)[None, :] - torch.arange(queries, device=table.device)[:, None]
    return table[r.clamp(-m, m) + m].permute(2, 0, 1)
