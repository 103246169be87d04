"""*Wrong:* kernel flipped (backward too, consistently)"""

import numpy as np


def _pad(x, padding):
    N, C, H, W = x.shape
    ph, pw = padding
    big = np.zeros((N, C, H + 2 * ph, W + 2 * pw), dtype=x.dtype)
    big[:, :, ph:ph + H, pw:pw + W] = x
    return big


def _places(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def _taps(x_shape, w_shape, stride, padding, dilation):
    oh = _places(x_shape[2], w_shape[2], stride[0], padding[0], dilation[0])
    ow = _places(x_shape[3], w_shape[3], stride[1], padding[1], dilation[1])
    kh, kw = w_shape[2:]
    for a in range(kh):
        for c in range(kw):
            r, q = a * dilation[0], c * dilation[1]
            yield (kh - 1 - a, kw - 1 - c,
                   slice(r, r + stride[0] * (oh - 1) + 1, stride[0]),
                   slice(q, q + stride[1] * (ow - 1) + 1, stride[1]))


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    big = _pad(x, padding)
    y = 0
    for u, v, rows, cols in _taps(x.shape, w.shape, stride, padding, dilation):
        y = y + np.einsum("nchw,fc->nfhw", big[:, :, rows, cols], w[:, :, u, v])
    return y + b[:, None, None]


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    big = _pad(x, padding)
    dbig, dw = np.zeros_like(big), np.zeros(w.shape, dtype=w.dtype)
    for u, v, rows, cols in _taps(x.shape, w.shape, stride, padding, dilation):
        dbig[:, :, rows, cols] += np.einsum("nfhw,fc->nchw", dy, w[:, :, u, v])
        dw[:, :, u, v] = np.einsum("nfhw,nchw->fc", dy, big[:, :, rows, cols])
    ph, pw = padding
    dx = dbig[:, :, ph:ph + x.shape[2], pw:pw + x.shape[3]].copy()
    return dx, dw, dy.sum(axis=(0, 2, 3))
