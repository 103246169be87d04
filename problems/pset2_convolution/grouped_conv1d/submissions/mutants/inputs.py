"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    n, groups, c, f, kernel, stride, dilation, outputs = (int(number) for number in rng.integers(1, 4, (8,)))
    padding = int(rng.integers(0, 4))
    reach = dilation * (kernel - 1) + 1
    length = max((outputs - 1) * stride + reach - 2 * padding + int(rng.integers(0, stride)), 1)
    if length + 2 * padding < reach:
        return
    m = (length + 2 * padding - reach) // stride + 1
    dtype = np.float32 if rng.mask(1, p=0.2)[0] else np.float64
    shapes = ((n, groups * c, length), (groups * f, c, kernel), (groups * f,), (n, groups * f, m))
    x, w, b, dy = (rng.normal(*shape).astype(dtype) for shape in shapes)
    if rng.mask(1)[0]:
        x = rng.permuted(x)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    yield answer.conv1d_forward(x, w, b, **settings)
    yield answer.conv1d_backward(dy, x, w, **settings)
    if groups == 1 and length >= kernel:
        y = answer.conv1d_forward(x, w, b)
        yield y
        yield answer.conv1d_backward(y, x, w)
    yield x, w, b, dy
