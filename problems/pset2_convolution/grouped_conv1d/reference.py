"""Reference solution: groups are an axis of their own, and each tap of a kernel meets a slice of a signal."""

from collections.abc import Iterator

import numpy as np


def _by_group(array: np.ndarray, axis: int, groups: int) -> np.ndarray:
    """The array with its axis of channels or filters split in two: (..., G, channels of a group, ...)."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def _taps(length: int, taps: int, stride: int, dilation: int) -> Iterator[tuple[int, slice]]:
    """For each tap, the samples of a padded signal that it meets: as many as there are outputs."""
    outputs = (length - dilation * (taps - 1) - 1) // stride + 1
    for k in range(taps):
        first = dilation * k
        yield k, slice(first, first + stride * (outputs - 1) + 1, stride)


def conv1d_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> np.ndarray:
    padded = _by_group(np.pad(x, ((0, 0), (0, 0), (padding, padding))), 1, groups)
    kernels = _by_group(w, 0, groups)  # (G, F / G, C / G, K)
    y = sum(
        np.einsum("ngcm,gfc->ngfm", padded[..., met], kernels[..., k])
        for k, met in _taps(padded.shape[-1], w.shape[-1], stride, dilation)
    )
    return y.reshape(len(x), len(w), -1) + b[:, None]


def conv1d_backward(
    dy: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    padded = _by_group(np.pad(x, ((0, 0), (0, 0), (padding, padding))), 1, groups)
    kernels, outward = _by_group(w, 0, groups), _by_group(dy, 1, groups)
    dpadded, dkernels = np.zeros_like(padded), np.zeros_like(kernels)
    for k, met in _taps(padded.shape[-1], w.shape[-1], stride, dilation):
        dkernels[..., k] = np.einsum("ngfm,ngcm->gfc", outward, padded[..., met])
        dpadded[..., met] += np.einsum("ngfm,gfc->ngcm", outward, kernels[..., k])
    whole = dpadded.reshape(*x.shape[:2], -1)
    dx = whole[..., padding : padding + x.shape[-1]]
    return dx, dkernels.reshape(w.shape), dy.sum(axis=(0, 2))
