"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    n, c = (int(size) for size in rng.integers(1, 4, (2,)))
    kernel, stride = (tuple(map(int, rng.integers(1, 5, (2,)))) for _ in range(2))
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    size = [max(int(rng.integers(1, 8)), k - 2 * p) for k, p in zip(kernel, padding)]
    dtype = np.float32 if rng.mask(1, p=0.2)[0] else np.float64
    x = rng.normal(n, c, *size, scale=2.0)
    x = (np.round(x) if rng.mask(1)[0] else x - 5.0).astype(dtype)  # ties, or all below zero
    settings = {"kernel": kernel, "stride": stride, "padding": padding}
    shape = [(s + 2 * p - k) // t + 1 for s, p, k, t in zip(size, padding, kernel, stride)]
    dy = rng.normal(n, c, *shape).astype(dtype)
    # Without padding every window is whole.
    whole = rng.normal(n, c, *(k + int(rng.integers(0, 3)) for k in kernel))
    share = rng.normal(n, c, *(s - k + 1 for s, k in zip(whole.shape[2:], kernel)))
    yield answer.max_pool_backward(share, whole, kernel, (1, 1), (0, 0))
    for name in ("max", "avg"):
        yield getattr(answer, f"{name}_pool_forward")(x, **settings)
        yield getattr(answer, f"{name}_pool_backward")(dy, x, **settings)
    yield x, dy
