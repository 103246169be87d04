"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    import support

    h = float(rng.uniform(low=0.1, high=0.9))
    shape = tuple(int(size) for size in rng.integers(1, 5, (int(rng.integers(1, 4)),)))
    x = rng.normal(*shape)
    if rng.mask(1)[0]:
        x = rng.permuted(x)
    if rng.mask(1, p=0.2)[0]:
        x = x.astype(np.float32)
    yield answer.numerical_gradient(support.waves, x, h)
    d, k, n = (int(size) for size in rng.integers(1, 5, (3,)))
    A, B, x2 = rng.normal(k, d), rng.normal(k, d), rng.normal(d, n)
    yield answer.numerical_vjp(support.layer(A), x2, rng.normal(k, n), h)
    yield answer.numerical_vjp(support.turned, x2, rng.normal(n, d), h)
    yield answer.numerical_vjp(support.curve, rng.normal(2), rng.normal(3), h)
    one = rng.normal(*shape)
    other = one + rng.normal(*shape, scale=float(10.0 ** rng.uniform(low=-9, high=1)))
    for a, b in ((one, other), (0 * one, one), (0 * one, 0 * one), (one, other[..., None]), (one / 0, one)):
        yield answer.relative_error(a, b)
    seed = int(rng.integers(0, 1000))
    almost = A + rng.normal(k, d, scale=float(10.0 ** rng.uniform(low=-8, high=-2)))
    for matrix in (A, B, almost):
        yield answer.backward_is_right(support.layer(A), support.layer_backward(matrix), x2, seed)
        yield answer.backward_is_right(support.layer(A), support.layer_backward(matrix), x2, seed, 1e-3)
    yield x, x2, one, other
