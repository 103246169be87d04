"""Reference solution: two-dimensional convolution as a sum over the entries of the kernel.

Fix one kernel entry (u, v). Over all output positions, the pixels that it meets form a strided slice of the
padded image, exactly as large as the output. The forward pass reads that slice; the backward pass adds to it.
Nothing else needs to know about stride, padding or dilation.
"""

from collections.abc import Iterator

import numpy as np

Pair = tuple[int, int]
Slices = tuple[slice, slice, slice, slice]


def _pad(x: np.ndarray, padding: Pair) -> np.ndarray:
    ph, pw = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))


def _output_size(padded: int, kernel: int, stride: int, dilation: int) -> int:
    return (padded - dilation * (kernel - 1) - 1) // stride + 1


def _met_by_each_entry(
    padded: tuple[int, ...], kernel: tuple[int, ...], stride: Pair, dilation: Pair
) -> Iterator[tuple[int, int, Slices]]:
    """For each kernel entry (u, v): the slice of the padded image that it meets, (N, C, OH, OW)."""
    (*_, h, w), (*_, kh, kw), (sh, sw), (dh, dw) = padded, kernel, stride, dilation
    span_h = sh * (_output_size(h, kh, sh, dh) - 1) + 1
    span_w = sw * (_output_size(w, kw, sw, dw) - 1) + 1
    for u in range(kh):
        for v in range(kw):
            top, left = dh * u, dw * v
            yield u, v, np.s_[:, :, top : top + span_h : sh, left : left + span_w : sw]


def conv2d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> np.ndarray:
    padded = _pad(x, padding)
    y = b[:, None, None]  # grows to (N, F, OH, OW) with the first addition
    for u, v, met in _met_by_each_entry(padded.shape, w.shape, stride, dilation):
        y = y + np.einsum("nchw,fc->nfhw", padded[met], w[:, :, u, v])
    return y


def conv2d_backward(
    dy: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    padded = _pad(x, padding)
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for u, v, met in _met_by_each_entry(padded.shape, w.shape, stride, dilation):
        dw[:, :, u, v] = np.einsum("nfhw,nchw->fc", dy, padded[met])
        dpadded[met] += np.einsum("nfhw,fc->nchw", dy, w[:, :, u, v])  # windows overlap: add
    (ph, pw), (*_, h, width) = padding, x.shape
    dx = dpadded[:, :, ph : ph + h, pw : pw + width]  # what the padding received is nobody's
    return dx, dw, dy.sum(axis=(0, 2, 3))
