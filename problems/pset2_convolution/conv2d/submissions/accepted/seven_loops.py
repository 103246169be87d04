"""The defining sum, one loop for each index; only multiplications and additions of numbers."""

import numpy as np


def _sizes(x, w, stride, padding, dilation):
    H, W = x.shape[2:]
    KH, KW = w.shape[2:]
    OH = (H + 2 * padding[0] - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    OW = (W + 2 * padding[1] - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    return H, W, KH, KW, OH, OW


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C = x.shape[:2]
    F = w.shape[0]
    H, W, KH, KW, OH, OW = _sizes(x, w, stride, padding, dilation)
    y = np.zeros((N, F, OH, OW), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    total = b[f]
                    for u in range(KH):
                        row = stride[0] * i + dilation[0] * u - padding[0]
                        if not 0 <= row < H:
                            continue
                        for v in range(KW):
                            column = stride[1] * j + dilation[1] * v - padding[1]
                            if not 0 <= column < W:
                                continue
                            for c in range(C):
                                total += w[f, c, u, v] * x[n, c, row, column]
                    y[n, f, i, j] = total
    return y


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C = x.shape[:2]
    F = w.shape[0]
    H, W, KH, KW, OH, OW = _sizes(x, w, stride, padding, dilation)
    dx = np.zeros(x.shape, x.dtype)
    dw = np.zeros(w.shape, x.dtype)
    db = np.zeros(F, x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    g = dy[n, f, i, j]
                    db[f] += g
                    for u in range(KH):
                        row = stride[0] * i + dilation[0] * u - padding[0]
                        if not 0 <= row < H:
                            continue
                        for v in range(KW):
                            column = stride[1] * j + dilation[1] * v - padding[1]
                            if not 0 <= column < W:
                                continue
                            for c in range(C):
                                dx[n, c, row, column] += w[f, c, u, v] * g
                                dw[f, c, u, v] += x[n, c, row, column] * g
    return dx, dw, db
