"""Both passes as convolutions: a view of all windows, and dx as dy, spread by the stride, against the flipped kernel."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _correlate(x, w, stride, dilation):
    """x (N, C, H, W), w (F, C, KH, KW), everything inside: (N, F, OH, OW)."""
    spread = _spread(w, dilation)
    windows = sliding_window_view(x, spread.shape[2:], axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1]]
    return np.einsum("ncijuv,fcuv->nfij", windows, spread)


def _spread(a, step):
    """Put step - 1 zeros between the entries of the last two axes."""
    H, W = a.shape[2:]
    out = np.zeros((*a.shape[:2], step[0] * (H - 1) + 1, step[1] * (W - 1) + 1), dtype=a.dtype)
    out[:, :, :: step[0], :: step[1]] = a
    return out


def conv2d_forward(x, w, b, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    (ph, pw) = padding
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    return _correlate(x, w, stride, dilation) + b[None, :, None, None]


def conv2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    (ph, pw) = padding
    padded = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    KH, KW = w.shape[2:]
    g = _spread(dy, stride)
    # dw: the image correlated with the spread gradient; the batch plays the part of the channels.
    dw = _correlate(padded.transpose(1, 0, 2, 3), g.transpose(1, 0, 2, 3), dilation, (1, 1))
    dw = dw[:, :, :KH, :KW].transpose(1, 0, 2, 3)  # rows that no window covered would make it larger
    # dx: the spread gradient, padded to full overlap, correlated with the flipped kernel.
    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    reach_h, reach_w = dilation[0] * (KH - 1), dilation[1] * (KW - 1)
    full = _correlate(np.pad(g, [(0, 0), (0, 0), (reach_h, reach_h), (reach_w, reach_w)]), flipped, (1, 1), dilation)
    dpadded = np.zeros_like(padded)
    dpadded[:, :, : full.shape[2], : full.shape[3]] = full
    H, W = x.shape[2:]
    return dpadded[:, :, ph : ph + H, pw : pw + W], dw, np.einsum("nfij->f", dy)
