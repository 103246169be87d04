"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    n, c, f = (int(size) for size in rng.integers(1, 4, (3,)))
    image, kernel, stride, factor = (tuple(map(int, rng.integers(1, 4, (2,)))) for _ in range(4))
    full = [(i - 1) * s + k for i, s, k in zip(image, stride, kernel)]
    padding = tuple(int(rng.integers(0, (size - 1) // 2 + 1)) for size in full)
    dtype = np.float32 if rng.mask(1, p=0.2)[0] else np.float64
    x, w, b = (rng.normal(*shape).astype(dtype) for shape in ((n, c, *image), (c, f, *kernel), (f,)))
    dy = rng.normal(n, f, *(size - 2 * p for size, p in zip(full, padding))).astype(dtype)
    settings = {"stride": stride, "padding": padding}
    yield answer.conv_transpose2d_forward(x, w, b, **settings)
    yield answer.conv_transpose2d_backward(dy, x, w, **settings)
    yield answer.conv_transpose2d_forward(x, w, b)
    yield answer.upsample_nearest(x, factor)
    large = rng.normal(n, c, *(i * k for i, k in zip(image, factor))).astype(dtype)
    yield answer.upsample_nearest_backward(large, factor)
    yield x, w, b, dy, large
