"""Reference solution: transposed convolution and nearest-neighbour upsampling."""

import numpy as np

Pair = tuple[int, int]


def _stamp(u: int, v: int, size: Pair, stride: Pair) -> tuple[slice, slice]:
    """Where entry (u, v) of the kernel lands, in the output before cropping, for all pixels at once."""
    rows = slice(u, u + stride[0] * (size[0] - 1) + 1, stride[0])
    columns = slice(v, v + stride[1] * (size[1] - 1) + 1, stride[1])
    return rows, columns


def _full_size(size: Pair, kernel: Pair, stride: Pair) -> Pair:
    return stride[0] * (size[0] - 1) + kernel[0], stride[1] * (size[1] - 1) + kernel[1]


def conv_transpose2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: Pair = (1, 1), padding: Pair = (0, 0)
) -> np.ndarray:
    size, kernel = x.shape[2:], w.shape[2:]
    height, width = _full_size(size, kernel, stride)
    full = np.zeros((x.shape[0], w.shape[1], height, width), dtype=x.dtype)
    for u, v in np.ndindex(*kernel):
        rows, columns = _stamp(u, v, size, stride)
        # Stamps overlap where the kernel is larger than the stride: they add up.
        full[:, :, rows, columns] += np.einsum("nchw,cf->nfhw", x, w[:, :, u, v])
    # Padding of the convolution that this is the transpose of: here it is cut off.
    top, left = padding
    return full[:, :, top : height - top, left : width - left] + b[:, None, None]


def conv_transpose2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: Pair = (1, 1), padding: Pair = (0, 0)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size, kernel = x.shape[2:], w.shape[2:]
    top, left = padding
    # What was cut off had no effect, so its gradient is zero.
    full = np.pad(dy, ((0, 0), (0, 0), (top, top), (left, left)))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for u, v in np.ndindex(*kernel):
        rows, columns = _stamp(u, v, size, stride)
        landed = full[:, :, rows, columns]  # (N, F, H, W): the gradient where this entry landed
        # With respect to x this is an ordinary convolution of dy: the transpose of the transpose.
        dx += np.einsum("nfhw,cf->nchw", landed, w[:, :, u, v])
        dw[:, :, u, v] = np.einsum("nchw,nfhw->cf", x, landed)
    return dx, dw, dy.sum(axis=(0, 2, 3))


def upsample_nearest(x: np.ndarray, factor: Pair) -> np.ndarray:
    return x.repeat(factor[0], axis=2).repeat(factor[1], axis=3)


def upsample_nearest_backward(dy: np.ndarray, factor: Pair) -> np.ndarray:
    images, channels, height, width = dy.shape
    blocks = dy.reshape(images, channels, height // factor[0], factor[0], width // factor[1], factor[1])
    # Every copy of a pixel passes its gradient back to it.
    return blocks.sum(axis=(3, 5))
