"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    import support

    c, f, h, w = (int(size) for size in rng.integers(1, 5, (4,)))
    k = 2 * int(rng.integers(0, 3)) + 1
    dtype = np.float32 if rng.mask(1, p=0.2)[0] else np.float64
    x, kernel = rng.normal(c, h, w).astype(dtype), rng.normal(f, c, k, k).astype(dtype)
    rows, columns = (int(rng.integers(1 - size, size)) for size in (h, w))
    yield answer.correlate(x, kernel)
    yield answer.shift(x, rows, columns)
    margin = int(rng.integers(0, 3))
    large = rng.normal(c, h + 2 * margin, w + 2 * margin)
    for function in (support.blur, support.ramp, support.every_second, support.mirrored):
        yield answer.translation_error(function, large, rows, columns, margin)
    y, group = rng.normal(4, c, h, w).astype(dtype), rng.normal(f, 4, c, k, k).astype(dtype)
    yield answer.turn(y)
    yield answer.lift(x, kernel)
    yield answer.group_correlate(y, group)
    yield answer.pool(y)
    yield x, kernel, y, group, large
