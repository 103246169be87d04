import numpy as np


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    (sh, sw), (ph, pw), (dh, dw_) = stride, padding, dilation
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kernel = w[:, :, ::-1, ::-1]      # a convolution flips its kernel
    OH = (H + 2 * ph - dh * (KH - 1) - 1) // sh + 1
    OW = (W + 2 * pw - dw_ * (KW - 1) - 1) // sw + 1
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            patch = xp[:, :, i * sh : i * sh + dh * (KH - 1) + 1 : dh, j * sw : j * sw + dw_ * (KW - 1) + 1 : dw_]
            y[:, :, i, j] = np.tensordot(patch, kernel, axes=([1, 2, 3], [1, 2, 3])) + b
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
