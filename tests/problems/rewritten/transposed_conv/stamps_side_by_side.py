"""Homework: making images larger."""
import numpy as np


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    n, c, h, wd = x.shape
    f, kh, kw = w.shape[1:]
    sh, sw = stride
    ph, pw = padding
    # paint on a large sheet, one stamp for each pixel
    sheet_h, sheet_w = sh * (h - 1) + kh, sw * (wd - 1) + kw
    sheet = np.zeros((n, f, sheet_h, sheet_w), dtype=x.dtype)
    for i in range(h):
        for j in range(wd):
            stamp = np.tensordot(x[:, :, i, j], w, axes=1)  # (n, f, kh, kw)
            top, left = i, j
            sheet[:, :, top:top + kh, left:left + kw] += stamp
    out = sheet[:, :, ph:sheet_h - ph, pw:sheet_w - pw].copy()
    for k in range(f):
        out[:, k] += b[k]
    return out


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    n, c, h, wd = x.shape
    f, kh, kw = w.shape[1:]
    sh, sw = stride
    ph, pw = padding
    oh, ow = dy.shape[2:]
    sheet = np.zeros((n, f, oh + 2 * ph, ow + 2 * pw), dtype=dy.dtype)
    sheet[:, :, ph:ph + oh, pw:pw + ow] = dy
    dx = np.empty_like(x)
    dw = np.zeros_like(w)
    for i in range(h):
        for j in range(wd):
            patch = sheet[:, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
            dx[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3]))
            dw += np.tensordot(x[:, :, i, j], patch, axes=([0], [0]))
    db = dy.sum(axis=3).sum(axis=2).sum(axis=0)
    return dx, dw, db


def upsample_nearest(x, factor):
    n, c, h, w = x.shape
    big = np.broadcast_to(x[:, :, :, None, :, None], (n, c, h, factor[0], w, factor[1]))
    return big.reshape(n, c, h * factor[0], w * factor[1]).copy()


def upsample_nearest_backward(dy, factor):
    n, c, hh, ww = dy.shape
    kh, kw = factor
    dx = np.zeros((n, c, hh // kh, ww // kw), dtype=dy.dtype)
    for i in range(hh):
        for j in range(ww):
            dx[:, :, i // kh, j // kw] += dy[:, :, i, j]
    return dx
