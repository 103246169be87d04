import numpy as np


def indices(size, k, s, p, d):
    """(k, out): the row of the padded image that entry k meets for each output."""
    out = (size + 2 * p - (d * (k - 1) + 1)) // s + 1
    return d * np.arange(k)[:, None] + s * np.arange(out)[None, :]


def im2col(x, kh, kw, stride, padding, dilation):
    r = indices(x.shape[2], kh, stride[0], padding[0], dilation[0])
    c = indices(x.shape[3], kw, stride[1], padding[1], dilation[1])
    ph, pw = padding
    xp = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    # (N, C, kh, kw, OH, OW)
    cols = xp[:, :, r[:, None, :, None], c[None, :, None, :]]
    return cols, r, c, xp.shape


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    cols, *_ = im2col(x, w.shape[2], w.shape[3], stride, padding, dilation)
    return np.einsum("ncuvij,fcuv->nfij", cols, w) + b.reshape(1, -1, 1, 1)


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    cols, r, c, padded = im2col(x, w.shape[2], w.shape[3], stride, padding, dilation)
    db = dy.sum(axis=(2, 3))
    dw = np.einsum("nfij,ncuvij->fcuv", dy, cols)
    dcols = np.einsum("nfij,fcuv->ncuvij", dy, w)
    dxp = np.zeros(padded, dtype=x.dtype)
    np.add.at(dxp, (slice(None), slice(None), r[:, None, :, None], c[None, :, None, :]), dcols)
    ph, pw = padding
    dx = dxp[:, :, ph : padded[2] - ph, pw : padded[3] - pw]
    return dx, dw, db
