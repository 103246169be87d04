"""Plain loops over positions and pairs, with Python's own sine and cosine."""

import math

import torch


def sinusoidal_codes(positions, dim):
    codes = torch.zeros(len(positions), dim, dtype=torch.float64)
    for row, position in enumerate(positions.tolist()):
        for i in range(dim // 2):
            angle = position / 10000 ** (2 * i / dim)
            codes[row, 2 * i] = math.sin(angle)
            codes[row, 2 * i + 1] = math.cos(angle)
    return codes


def rotate(x, positions):
    result = torch.empty_like(x)
    dim = x.shape[-1]
    for row, position in enumerate(positions.tolist()):
        for i in range(dim // 2):
            angle = position / 10000 ** (2 * i / dim)
            a, b = x[..., row, 2 * i], x[..., row, 2 * i + 1]
            result[..., row, 2 * i] = a * math.cos(angle) - b * math.sin(angle)
            result[..., row, 2 * i + 1] = a * math.sin(angle) + b * math.cos(angle)
    return result


def relative_bias(table, queries, keys):
    furthest = (len(table) - 1) // 2
    bias = torch.empty(table.shape[1], queries, keys, dtype=table.dtype)
    for i in range(queries):
        for j in range(keys):
            distance = j - i
            if distance > furthest:
                distance = furthest
            if distance < -furthest:
                distance = -furthest
            bias[:, i, j] = table[furthest + distance]
    return bias
