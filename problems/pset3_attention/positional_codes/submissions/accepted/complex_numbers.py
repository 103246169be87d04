"""A pair of features is a complex number, and turning it is a product."""

import torch


def _unit_circle(positions, dim):
    frequencies = 10000.0 ** (-torch.arange(dim // 2, dtype=torch.float64) * 2 / dim)
    return torch.polar(torch.ones(1, dtype=torch.float64), torch.outer(positions.double(), frequencies))


def sinusoidal_codes(positions, dim):
    points = _unit_circle(positions, dim)
    return torch.stack([points.imag, points.real], dim=2).reshape(len(positions), dim)


def rotate(x, positions):
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * _unit_circle(positions, x.shape[-1])).flatten(-2).to(x.dtype)


def relative_bias(table, queries, keys):
    reach = table.shape[0] // 2
    rows = [
        torch.stack([table[max(-reach, min(reach, j - i)) + reach] for j in range(keys)]) for i in range(queries)
    ]
    return torch.stack(rows).movedim(-1, 0)
