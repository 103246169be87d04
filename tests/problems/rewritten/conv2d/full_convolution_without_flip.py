import numpy as np


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    (sh, sw), (ph, pw), (dh, dw_) = stride, padding, dilation
    xp = np.zeros((N, C, H + 2 * ph, W + 2 * pw), dtype=x.dtype)
    xp[:, :, ph : ph + H, pw : pw + W] = x
    OH = (H + 2 * ph - dh * (KH - 1) - 1) // sh + 1
    OW = (W + 2 * pw - dw_ * (KW - 1) - 1) // sw + 1
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            patch = xp[:, :, i * sh : i * sh + dh * (KH - 1) + 1 : dh, j * sw : j * sw + dw_ * (KW - 1) + 1 : dw_]
            y[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return y


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    """dx is the full convolution of dy, with zeros put between its entries, with the kernel."""
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    (sh, sw), (ph, pw), (dh, dw_) = stride, padding, dilation
    OH, OW = dy.shape[2:]
    span_h, span_w = dh * (KH - 1) + 1, dw_ * (KW - 1) + 1
    Hp, Wp = H + 2 * ph, W + 2 * pw

    spread = np.zeros((N, F, Hp + span_h - 1, Wp + span_w - 1), dtype=x.dtype)
    spread[:, :, span_h - 1 : span_h + (OH - 1) * sh : sh, span_w - 1 : span_w + (OW - 1) * sw : sw] = dy
    dxp = np.zeros((N, C, Hp, Wp), dtype=x.dtype)
    for u in range(KH):
        for v in range(KW):
            part = spread[:, :, dh * u : dh * u + Hp, dw_ * v : dw_ * v + Wp]
            dxp += np.einsum("nfij,fc->ncij", part, w[:, :, u, v])

    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dw = np.zeros(w.shape, dtype=x.dtype)
    for u in range(KH):
        for v in range(KW):
            part = xp[:, :, dh * u : dh * u + sh * (OH - 1) + 1 : sh, dw_ * v : dw_ * v + sw * (OW - 1) + 1 : sw]
            dw[:, :, u, v] = np.einsum("nfij,ncij->fc", dy, part)
    return dxp[:, :, ph : ph + H, pw : pw + W], dw, dy.sum(axis=(0, 2, 3))
