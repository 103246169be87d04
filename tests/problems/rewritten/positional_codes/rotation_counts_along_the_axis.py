import torch

BASE = 10000.0


def frequencies(D):
    return torch.pow(BASE, -torch.arange(0, D, 2, dtype=torch.float64) / D)


def sinusoidal_codes(positions, dim):
    angle = torch.outer(positions.to(torch.float64), frequencies(dim))
    codes = torch.zeros(angle.shape[0], dim, dtype=torch.float64)
    codes[:, 0::2] = torch.sin(angle)
    codes[:, 1::2] = torch.cos(angle)
    return codes


def rotate(x, positions):
    # a pair of features is a complex number
    angle = torch.outer(torch.arange(x.shape[-2], dtype=torch.float64), frequencies(x.shape[-1]))
    unit = torch.polar(torch.ones_like(angle), angle)
    z = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(z * unit).flatten(-2).to(x.dtype)


def relative_bias(table, queries, keys):
    m = (len(table) - 1) // 2
    q = torch.arange(queries).reshape(-1, 1)
    k = torch.arange(keys).reshape(1, -1)
    index = torch.clip(k - q, min=-m, max=m) + m
    return torch.stack([table[:, h][index] for h in range(table.shape[1])])
