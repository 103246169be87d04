"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    shape = tuple(int(size) for size in rng.integers(1, 5, (int(rng.integers(1, 4)),)))
    dtype = np.float32 if rng.mask(1)[0] else np.float64
    scale = float(10.0 ** rng.uniform(low=-1, high=3.5))
    x, dy = (rng.normal(*shape, scale=size).astype(dtype) for size in (scale, 1.0))
    if rng.mask(1)[0]:
        x = np.round(x)  # some are exactly zero
    y, slope = rng.uniform(*shape, low=-1.0).astype(dtype), float(rng.uniform(low=-1.0, high=3.0))
    for name in ("relu", "sigmoid", "tanh", "gelu"):
        yield getattr(answer, name)(x)
    for name, seen in (("relu", x), ("gelu", x), ("sigmoid", np.abs(y)), ("tanh", y)):
        yield getattr(answer, f"{name}_backward")(dy, seen)
    yield answer.leaky_relu(x, slope)
    yield answer.leaky_relu_backward(dy, x, slope)
    yield x, dy, y
    # Nothing that overflows, and no zero.
    near = rng.uniform(*shape, low=0.1, high=3.0) * np.where(rng.mask(*shape), 1.0, -1.0)
    yield answer.sigmoid(near)
    yield answer.gelu_backward(rng.normal(*shape), near)
