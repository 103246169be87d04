"""*Wrong:* forward instead of adjoint (dx with the kernel turned around)"""

import numpy as np


def _stamp(i, j, stride, kernel):
    return (slice(None), slice(None),
            slice(stride[0] * i, stride[0] * i + kernel[0]), slice(stride[1] * j, stride[1] * j + kernel[1]))


def _full_size(x, w, stride):
    return [stride[a] * (x.shape[2 + a] - 1) + w.shape[2 + a] for a in (0, 1)]


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    rows, cols = _full_size(x, w, stride)
    full = np.zeros((x.shape[0], w.shape[1], rows, cols), dtype=x.dtype)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            full[_stamp(i, j, stride, w.shape[2:])] += np.tensordot(x[:, :, i, j], w, axes=1)
    ph, pw = padding
    return full[:, :, ph:rows - ph, pw:cols - pw] + b[:, None, None]


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    g = np.pad(dy, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    turned = np.flip(w, (2, 3))
    dx = np.empty_like(x)
    dw = np.zeros_like(w)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            part = g[:, :, i * stride[0]:, j * stride[1]:][:, :, :w.shape[2], :w.shape[3]]
            dx[:, :, i, j] = np.tensordot(part, turned, axes=([1, 2, 3], [1, 2, 3]))
            dw += np.tensordot(x[:, :, i, j], part, axes=(0, 0))
    return dx, dw, np.einsum("nfij->f", dy)


def upsample_nearest(x, factor):
    return x.repeat(factor[0], axis=2).repeat(factor[1], axis=3)


def upsample_nearest_backward(dy, factor):
    n, c, h, w = dy.shape
    return dy.reshape(n, c, h // factor[0], factor[0], w // factor[1], factor[1]).sum(axis=(3, 5))
