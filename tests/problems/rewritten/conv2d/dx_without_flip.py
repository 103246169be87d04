"""*Wrong:* no flip in dx"""

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


def _spread(dy, stride):
    N, F, oh, ow = dy.shape
    out = np.zeros((N, F, (oh - 1) * stride[0] + 1, (ow - 1) * stride[1] + 1), dtype=dy.dtype)
    out[:, :, ::stride[0], ::stride[1]] = dy
    return out


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    F, C, KH, KW = w.shape
    (dh, dw_), (ph, pw) = dilation, padding
    H, W = x.shape[2:]
    eh, ew = dh * (KH - 1), dw_ * (KW - 1)
    g = _spread(dy, stride)
    # a full convolution of the spread gradient with the kernel
    room = np.zeros(g.shape[:2] + (H + 2 * ph + eh, W + 2 * pw + ew), dtype=dy.dtype)
    room[:, :, eh:eh + g.shape[2], ew:ew + g.shape[3]] = g
    dxp = np.zeros(x.shape[:2] + (H + 2 * ph, W + 2 * pw), dtype=x.dtype)
    for u in range(KH):
        for v in range(KW):
            seen = room[:, :, u * dh:u * dh + H + 2 * ph, v * dw_:v * dw_ + W + 2 * pw]
            dxp += np.einsum("nfhw,fc->nchw", seen, w[:, :, u, v])
    big = _pad(x, padding)
    dw = np.zeros_like(w)
    for u in range(KH):
        for v in range(KW):
            dw[:, :, u, v] = np.einsum(
                "nfhw,nchw->fc", g, big[:, :, u * dh:u * dh + g.shape[2], v * dw_:v * dw_ + g.shape[3]]
            )
    return dxp[:, :, ph:ph + H, pw:pw + W], dw, g.sum((0, 2, 3))
