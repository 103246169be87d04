"""*Wrong:* db over the wrong axes"""

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
    big = _pad(x, padding)
    dbig = np.zeros_like(big)
    dw = np.zeros_like(w)
    for u, v, r, c in _taps(x.shape, w.shape, stride, padding, dilation):
        dbig[:, :, r, c] += np.einsum("nfhw,fc->nchw", dy, w[:, :, u, v])
        dw[:, :, u, v] = np.einsum("nfhw,nchw->fc", dy, big[:, :, r, c])
    bottom, right = padding[0] + x.shape[2], padding[1] + x.shape[3]
    db = dy.sum(axis=(0, 1, 2))
    return dbig[:, :, padding[0]:bottom, padding[1]:right], dw, db
