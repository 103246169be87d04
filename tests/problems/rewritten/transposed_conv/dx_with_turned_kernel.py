import numpy as np

# transposed conv = put zeros between the pixels, pad, then an ordinary conv with the turned kernel


def spread(x, stride):
    sh, sw = stride
    n, c, h, w = x.shape
    z = np.zeros((n, c, sh * (h - 1) + 1, sw * (w - 1) + 1), x.dtype)
    z[:, :, ::sh, ::sw] = x
    return z


def correlate(x, w, stride=(1, 1)):
    """x (N,C,H,W), w (F,C,KH,KW), no padding."""
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    win = win[:, :, ::stride[0], ::stride[1]]
    return np.einsum("ncijuv,fcuv->nfij", win, w)


def crop(a, padding):
    ph, pw = padding
    h, w = a.shape[2:]
    return a[:, :, ph:h - ph, pw:w - pw]


def conv_transpose2d_forward(x, w, b, stride=(1, 1), padding=(0, 0)):
    kh, kw = w.shape[2:]
    z = spread(x, stride)
    z = np.pad(z, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    y = correlate(z, turned)
    return crop(y, padding) + b[None, :, None, None]


def conv_transpose2d_backward(dy, x, w, stride=(1, 1), padding=(0, 0)):
    ph, pw = padding
    g = np.pad(dy, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    # dx: in a backward pass the kernel is flipped
    dx = correlate(g, w[:, :, ::-1, ::-1], stride)
    # dw: the gradient seen through the pixels of x as if they were a (spread) kernel
    z = spread(x, stride)
    win = np.lib.stride_tricks.sliding_window_view(g, z.shape[2:], axis=(2, 3))
    dw = np.einsum("nfuvij,ncij->cfuv", win, z)
    db = dy.sum((0, 2, 3))
    return dx, dw, db


def upsample_nearest(x, factor):
    return np.kron(x, np.ones((1, 1) + tuple(factor), dtype=x.dtype))


def upsample_nearest_backward(dy, factor):
    kh, kw = factor
    dx = np.zeros_like(dy[:, :, ::kh, ::kw])
    for a in range(kh):
        for b in range(kw):
            dx += dy[:, :, a::kh, b::kw]
    return dx
