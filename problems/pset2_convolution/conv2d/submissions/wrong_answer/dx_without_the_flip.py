"""Your dx correlates dy with the kernel as it stands: each pixel must get back the weight that it was multiplied by, and for that the kernel has to be flipped."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def spread(a, step):
    out = np.zeros((*a.shape[:2], step[0] * (a.shape[2] - 1) + 1, step[1] * (a.shape[3] - 1) + 1), a.dtype)
    out[:, :, :: step[0], :: step[1]] = a
    return out


def correlate(x, w, stride):
    win = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return np.tensordot(win, w, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    ph, pw = padding
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return correlate(xp, spread(w, dilation), stride) + b[:, None, None]


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    ph, pw = padding
    KH, KW = w.shape[2:]
    H, W = x.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    g = spread(dy, stride)
    db = dy.sum(axis=(0, 2, 3))
    # dw: the image against the gradient
    dw = correlate(xp.swapaxes(0, 1), g.swapaxes(0, 1), dilation)[:, :, :KH, :KW].swapaxes(0, 1)
    # dx: the gradient, padded all around, against the kernel
    kernel = spread(w, dilation).swapaxes(0, 1)
    eh, ew = kernel.shape[2] - 1, kernel.shape[3] - 1
    full = correlate(np.pad(g, ((0, 0), (0, 0), (eh, eh), (ew, ew))), kernel, (1, 1))
    dxp = np.zeros(xp.shape, x.dtype)
    dxp[:, :, : full.shape[2], : full.shape[3]] = full
    return dxp[:, :, ph : ph + H, pw : pw + W], dw, db
