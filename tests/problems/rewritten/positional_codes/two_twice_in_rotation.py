import torch


def sinusoidal_codes(positions, dim):
    codes = torch.empty(len(positions), dim, dtype=torch.float64)
    p = positions.double()
    for j in range(0, dim, 2):
        frequency = 10000 ** (-j / dim)
        codes[:, j] = torch.sin(p * frequency)
        codes[:, j + 1] = torch.cos(p * frequency)
    return codes


def rotate(x, positions):
    D = x.shape[-1]
    p = positions.double()
    y = torch.empty_like(x)
    for j in range(0, D, 2):
        angle = p * 10000 ** (-2 * j / D)
        c, s = torch.cos(angle), torch.sin(angle)
        y[..., j] = c * x[..., j] - s * x[..., j + 1]
        y[..., j + 1] = s * x[..., j] + c * x[..., j + 1]
    return y


def relative_bias(table, queries, keys):
    rows, heads = table.shape
    M = (rows - 1) // 2
    bias = torch.zeros(heads, queries, keys, dtype=table.dtype)
    for i in range(queries):
        for j in range(keys):
            r = max(-M, min(M, j - i))
            bias[:, i, j] = table[M + r]
    return bias
