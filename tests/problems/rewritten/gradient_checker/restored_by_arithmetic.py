import numpy as np


def numerical_gradient(function, x, h=1e-5):
    x = np.asarray(x, dtype=np.float64)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        f_plus = float(function(x))
        x[i] -= 2 * h
        f_minus = float(function(x))
        x[i] += h  # back to where it was
        g[i] = (f_plus - f_minus) / (2 * h)
    return g


def numerical_vjp(function, x, cotangent, h=1e-5):
    return numerical_gradient(lambda z: np.sum(cotangent * function(z)), x, h)


def relative_error(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or not np.isfinite(np.concatenate([a.ravel(), b.ravel()])).all():
        return float("inf")
    size = np.abs([a, b]).max()
    return float(np.abs(a - b).max() / size) if size > 0 else 0.0


def backward_is_right(forward, backward, x, seed, tolerance=1e-6):
    x = np.array(x, dtype=np.float64)
    y = forward(x)
    v = np.random.default_rng(seed).standard_normal(y.shape)
    numeric = numerical_vjp(forward, x, v)
    analytic = backward(v, x)
    return bool(relative_error(analytic, numeric) <= tolerance)
