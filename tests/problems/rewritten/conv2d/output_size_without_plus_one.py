import numpy as np


def out_size(n, k, s, p, d):
    effective = d * (k - 1) + 1
    return (n + 2 * p - effective) // s


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH = out_size(H, KH, stride[0], padding[0], dilation[0])
    OW = out_size(W, KW, stride[1], padding[1], dilation[1])
    xp = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            for u in range(KH):
                for v in range(KW):
                    pixel = xp[:, :, stride[0] * i + dilation[0] * u, stride[1] * j + dilation[1] * v]
                    y[:, :, i, j] += pixel @ w[:, :, u, v].T
            y[:, :, i, j] += b
    return y


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    (sh, sw), (ph, pw), (dh, dw_) = stride, padding, dilation
    xp = np.zeros((N, C, H + 2 * ph, W + 2 * pw), dtype=x.dtype)
    xp[:, :, ph : ph + H, pw : pw + W] = x
    dxp = np.zeros_like(xp)
    dw = np.zeros(w.shape, dtype=w.dtype)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
            cols = slice(j * sw, j * sw + dw_ * (KW - 1) + 1, dw_)
            g = dy[:, :, i, j]
            dxp[:, :, rows, cols] += np.tensordot(g, w, axes=(1, 0))
            dw += np.tensordot(g, xp[:, :, rows, cols], axes=(0, 0))
    return dxp[:, :, ph : ph + H, pw : pw + W], dw, np.sum(dy, axis=(0, 2, 3))
