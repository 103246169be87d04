"""Block-diagonal rotation matrices and a one-hot product: slower, and close to the formulas."""

import torch


def _angles(positions, dim):
    powers = torch.logspace(0, -4 * (1 - 2 / dim), dim // 2, dtype=torch.float64)
    return positions[:, None].double() * powers


def sinusoidal_codes(positions, dim):
    codes = torch.empty(positions.numel(), dim, dtype=torch.float64)
    codes[:, ::2] = torch.sin(_angles(positions, dim))
    codes[:, 1::2] = torch.cos(_angles(positions, dim))
    return codes


def rotate(x, positions):
    matrices = []
    for row in _angles(positions, x.shape[-1]):
        blocks = [torch.stack([torch.stack([a.cos(), -a.sin()]), torch.stack([a.sin(), a.cos()])]) for a in row]
        matrices.append(torch.block_diag(*blocks))
    return torch.einsum("lij,...lj->...li", torch.stack(matrices), x.double()).to(x.dtype)


def relative_bias(table, queries, keys):
    reach = (table.shape[0] - 1) // 2
    distance = (torch.arange(keys)[None] - torch.arange(queries)[:, None]).clip(-reach, reach)
    choice = torch.nn.functional.one_hot(distance + reach, 2 * reach + 1).to(table.dtype)
    return torch.einsum("ijr,rh->hij", choice, table)
