"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import torch


def ask(answer, rng):
    length, half = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    positions = torch.from_numpy(rng.integers(0, 50_000 if rng.mask(1)[0] else 20, (length,)))
    yield answer.sinusoidal_codes(positions, 2 * half)
    ahead = tuple(int(size) for size in rng.integers(1, 4, (int(rng.integers(0, 3)),)))
    x = rng.tensor(*ahead, length, 2 * half)
    yield answer.rotate(x, positions)
    single = x.float()
    yield answer.rotate(single, positions)
    reach, heads = (int(size) for size in rng.integers(1, 4, (2,)))
    table = rng.tensor(2 * reach + 1, heads)
    queries, keys = (int(size) for size in rng.integers(1, 8, (2,)))
    yield answer.relative_bias(table, queries, keys)
    yield x, positions, table
