"""*Wrong:* padding not cropped"""

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
    """For each kernel entry, the slices of the padded image that it meets."""
    (sh, sw), (dh, dw) = stride, dilation
    oh = _places(x_shape[2], w_shape[2], sh, padding[0], dh)
    ow = _places(x_shape[3], w_shape[3], sw, padding[1], dw)
    for u in range(w_shape[2]):
        for v in range(w_shape[3]):
            rows = slice(u * dh, u * dh + sh * (oh - 1) + 1, sh)
            cols = slice(v * dw, v * dw + sw * (ow - 1) + 1, sw)
            yield u, v, rows, cols


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    big = _pad(x, padding)
    y = 0
    for u, v, rows, cols in _taps(x.shape, w.shape, stride, padding, dilation):
        y = y + np.einsum("nchw,fc->nfhw", big[:, :, rows, cols], w[:, :, u, v])
    return y + b[:, None, None]


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    padded = _pad(x, padding)
    dx = np.zeros_like(padded)
    dw = np.zeros_like(w)
    for u, v, rows, cols in _taps(x.shape, w.shape, stride, padding, dilation):
        window = padded[:, :, rows, cols]
        dw[:, :, u, v] = (dy[:, :, None] * window[:, None]).sum(axis=(0, 3, 4))
        dx[:, :, rows, cols] += (dy[:, :, None] * w[None, :, :, u, v, None, None]).sum(axis=1)
    return dx, dw, dy.sum(axis=(0, 2, 3))
