import numpy as np


def numerical_gradient(function, x, h=1e-5):
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        plus = x.astype(np.float64)
        plus[i] += h
        minus = x.astype(np.float64)
        minus[i] -= h
        grad[i] = (function(plus) - function(minus)) / (2 * h)
    return grad


def numerical_vjp(function, x, cotangent, h=1e-5):
    out = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        plus = x.astype(np.float64)
        plus[i] += h
        minus = x.astype(np.float64)
        minus[i] -= h
        out[i] = np.sum(cotangent * ((function(plus) - function(minus)) / (2 * h)))
    return out


def relative_error(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or not np.isfinite(np.concatenate([a.ravel(), b.ravel()])).all():
        return float("inf")
    size = np.abs([a, b]).max()
    return float(np.abs(a - b).max() / size) if size > 0 else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    v = np.random.default_rng(seed).standard_normal(forward(x).shape)
    mine = numerical_vjp(forward, x, v)
    theirs = np.asarray(backward(v, x))
    if mine.shape != theirs.shape or not np.isfinite(theirs).all():
        return False
    for m, t in zip(mine.flat, theirs.flat):
        if abs(m - t) > tolerance:
            return False
    return True
