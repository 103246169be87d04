import numpy as np


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    (sh, sw), (ph, pw), (dh, dw_) = stride, padding, dilation
    span_h, span_w = dh * (KH - 1) + 1, dw_ * (KW - 1) + 1
    # every pixel should be seen by some window
    OH = int(np.ceil((H + 2 * ph - span_h) / sh)) + 1
    OW = int(np.ceil((W + 2 * pw - span_w) / sw)) + 1
    missing_h = (OH - 1) * sh + span_h - (H + 2 * ph)
    missing_w = (OW - 1) * sw + span_w - (W + 2 * pw)
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph + missing_h), (pw, pw + missing_w)))
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for u in range(KH):
        for v in range(KW):
            part = xp[:, :, dh * u : dh * u + sh * (OH - 1) + 1 : sh, dw_ * v : dw_ * v + sw * (OW - 1) + 1 : sw]
            y += np.einsum("ncij,fc->nfij", part, w[:, :, u, v])
    return y + b.reshape(1, F, 1, 1)


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
