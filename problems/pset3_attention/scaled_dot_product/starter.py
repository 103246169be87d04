"""Scaled dot-product attention in NumPy: masks, the forward pass, and its gradients.

Lq queries, Lk keys and values. Keys and queries have d features, values have dv. Arrays may have any number
of axes in front (a batch, heads), written "...": the same for q, k and v. A mask is boolean; True where the
query may attend to the key. No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np


def causal_mask(queries: int, keys: int) -> np.ndarray:
    """Each query may attend to its own position and to those before. Boolean, (Lq, Lk).

    queries: Lq, at most Lk. keys: Lk. The queries are the last Lq of the Lk positions.
    """
    raise NotImplementedError


def padding_mask(lengths: np.ndarray, keys: int) -> np.ndarray:
    """Only the first lengths[b] keys of sequence b are real. Boolean, (B, 1, Lk).

    lengths: (B,) integers from 0 to Lk. keys: Lk.
    """
    raise NotImplementedError


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Let each query average the values of the keys it may attend to.

    q: (..., Lq, d). k: (..., Lk, d). v: (..., Lk, dv).
    mask: boolean, broadcasts to (..., Lq, Lk); None: every query may attend to every key.
    Returns (output, weights): output is (..., Lq, dv), weights is (..., Lq, Lk). Both are zero for a query
    that may attend to nothing.
    """
    raise NotImplementedError


def attention_backward(
    doutput: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pull a gradient back through attention.

    doutput: (..., Lq, dv), the gradient of the loss with respect to the output (any array). The rest: as it
    was in the forward pass.
    Returns (dq, dk, dv), each of the shape of what it belongs to.
    """
    raise NotImplementedError
