"""You ignore the dilation on the way back: a sample and its tap must meet as they did forwards."""

import numpy as np


def whole_kernel(w, groups):
    """The kernel of one group that does the same: zero wherever filter and channel are of different groups."""
    F, cin, K = w.shape
    fout = F // groups
    whole = np.zeros((F, cin * groups, K), dtype=w.dtype)
    for g in range(groups):
        whole[g * fout : (g + 1) * fout, g * cin : (g + 1) * cin] = w[g * fout : (g + 1) * fout]
    return whole


def conv1d_forward(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    padded = np.pad(x, [(0, 0), (0, 0), (padding, padding)])
    kernel = whole_kernel(w, groups)
    reach = dilation * (w.shape[2] - 1) + 1
    starts = range(0, padded.shape[2] - reach + 1, stride)
    rows = [np.tensordot(padded[:, :, s : s + reach : dilation], kernel, axes=([1, 2], [1, 2])) for s in starts]
    return np.stack(rows, axis=2) + b[:, None]


def conv1d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    padded = np.pad(x, [(0, 0), (0, 0), (padding, padding)])
    kernel = whole_kernel(w, groups)
    reach = w.shape[2]
    dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    for m in range(dy.shape[2]):
        window = slice(m * stride, m * stride + reach)
        dkernel += np.tensordot(dy[:, :, m], padded[:, :, window], axes=(0, 0))
        dpadded[:, :, window] += np.tensordot(dy[:, :, m], kernel, axes=(1, 0))
    F, cin, K = w.shape
    fout = F // groups
    dw = [dkernel[f, (f // fout) * cin : (f // fout + 1) * cin] for f in range(F)]
    return dpadded[:, :, padding : padding + x.shape[2]], np.stack(dw), dy.sum(axis=2).sum(axis=0)
