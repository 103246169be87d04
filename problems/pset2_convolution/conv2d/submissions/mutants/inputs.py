"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    n, f, c = (int(size) for size in rng.integers(1, 4, (3,)))
    kernel, stride, dilation, output = (tuple(map(int, rng.integers(1, 4, (2,)))) for _ in range(4))
    padding = tuple(map(int, rng.integers(0, 3, (2,))))
    # As large as the output needs, and sometimes a few pixels more, which no window reaches.
    size = [
        max((o - 1) * s + d * (k - 1) + 1 - 2 * p + int(rng.integers(0, s)), 1)
        for o, s, d, k, p in zip(output, stride, dilation, kernel, padding)
    ]
    if any(s + 2 * p < d * (k - 1) + 1 for s, p, d, k in zip(size, padding, dilation, kernel)):
        return
    dtype = np.float32 if rng.mask(1, p=0.2)[0] else np.float64
    x, w, b = (rng.normal(*shape).astype(dtype) for shape in ((n, c, *size), (f, c, *kernel), (f,)))
    if rng.mask(1)[0]:
        x = rng.permuted(x)
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    y = answer.conv2d_forward(x, w, b, **settings)
    yield y
    shape = [
        (s + 2 * p - d * (k - 1) - 1) // t + 1
        for s, p, d, k, t in zip(size, padding, dilation, kernel, stride)
    ]
    dy = rng.normal(n, f, *shape).astype(dtype)
    yield answer.conv2d_backward(dy, x, w, **settings)
    yield answer.conv2d_forward(x, w, b, padding=tuple(map(int, rng.integers(2, 4, (2,)))))
    yield x, w, b, dy
