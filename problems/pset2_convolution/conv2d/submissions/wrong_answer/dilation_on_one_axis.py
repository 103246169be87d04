"""You dilate the rows and the columns alike: dilation is a pair (rows, columns), and the two may differ."""

import numpy as np


def pad2d(x, padding):
    return np.pad(x, [(0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])])


def taps(i, j, OH, OW, stride, dilation):
    """The pixels that kernel entry (i, j) meets, one for each output."""
    top, left = i * dilation[0], j * dilation[1]
    return (
        slice(None),
        slice(None),
        slice(top, top + stride[0] * (OH - 1) + 1, stride[0]),
        slice(left, left + stride[1] * (OW - 1) + 1, stride[1]),
    )

def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    F, C, KH, KW = w.shape
    xp = pad2d(x, padding)
    d = dilation[0]
    OH = (xp.shape[2] - d * (KH - 1) - 1) // stride[0] + 1
    OW = (xp.shape[3] - d * (KW - 1) - 1) // stride[1] + 1
    out = np.zeros((x.shape[0], F, max(OH, 0), max(OW, 0)), dtype=x.dtype)
    for i in range(KH):
        for j in range(KW):
            for a in range(OH):
                for c in range(OW):
                    pixel = xp[:, :, a * stride[0] + i * d, c * stride[1] + j * d]
                    out[:, :, a, c] += pixel @ w[:, :, i, j].T
    return out + b.reshape(1, -1, 1, 1)


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    F, C, KH, KW = w.shape
    N, _, OH, OW = dy.shape
    H, W = x.shape[2:]
    xp = pad2d(x, padding)
    dw = np.zeros_like(w)
    dxp = np.zeros_like(xp)
    for i in range(KH):
        for j in range(KW):
            met = taps(i, j, OH, OW, stride, dilation)
            dw[:, :, i, j] = np.einsum("nfab,ncab->fc", dy, xp[met])
            dxp[met] += np.einsum("nfab,fc->ncab", dy, w[:, :, i, j])
    db = np.einsum("nfab->f", dy)
    dx = dxp[:, :, padding[0] : padding[0] + H, padding[1] : padding[1] + W]
    return dx, dw, db
