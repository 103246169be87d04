"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import numpy as np


def ask(answer, rng):
    n, d = (int(size) for size in rng.integers(1, 7, (2,)))
    X, y = rng.normal(n, d), np.where(rng.mask(n), 1.0, -1.0)
    w, b = rng.normal(d), float(rng.normal(1)[0])
    yield answer.predict(X, w, b)
    yield answer.train_epoch(X, y, w, b)
    yield w
    # Whole numbers, so that examples lie on the boundary.
    X, w, b = (rng.integers(-2, 3, size).astype(float) for size in ((n, d), (d,), (1,)))
    yield answer.predict(X, w, float(b[0]))
    yield answer.train_epoch(X, y, w, float(b[0]))
    yield answer.fit(X, y, int(rng.integers(1, 6)))
    yield X, y, w
