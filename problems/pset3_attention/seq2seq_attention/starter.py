"""Attention between a decoder and an encoder, one step of the decoder at a time.

B sentences, T words in the longest source. An encoder has left one state of E features for each source word
(``memory``); the decoder is in a state of D features. No function may change its arguments; results have the
dtype of the arguments. NumPy and the standard library only.
"""

import numpy as np


def additive_scores(
    state: np.ndarray, memory: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """How well each source word fits the decoder's state, by a small network (Bahdanau).

    state: (B, D). memory: (B, T, E). W: (D, A), U: (E, A), v: (A,).
    Returns (B, T).
    """
    raise NotImplementedError


def additive_scores_backward(
    dscores: np.ndarray, state: np.ndarray, memory: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pull a gradient with respect to the additive scores back to everything that they are made of.

    dscores: (B, T), any array. The rest: as in additive_scores.
    Returns (dstate, dmemory, dW, dU, dv), each of the shape of what it belongs to.
    """
    raise NotImplementedError


def dot_scores(state: np.ndarray, memory: np.ndarray, W: np.ndarray | None = None) -> np.ndarray:
    """How well each source word fits the decoder's state, by a product (Luong).

    state: (B, D). memory: (B, T, E). W: (D, E); without it, D and E are equal.
    Returns (B, T).
    """
    raise NotImplementedError


def attention_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What share of its attention each source word gets; filling gets none.

    scores: (B, T). lengths: (B,) integers from 1 to T; source b has words 0 to lengths[b] - 1.
    Returns (B, T).
    """
    raise NotImplementedError


def context_vector(weights: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """The source words' states, averaged by their weights.

    weights: (B, T). memory: (B, T, E).
    Returns (B, E).
    """
    raise NotImplementedError


def attentional_state(context: np.ndarray, state: np.ndarray, W: np.ndarray) -> np.ndarray:
    """What the next word is predicted from (Luong).

    context: (B, E). state: (B, D). W: (E + D, H).
    Returns (B, H).
    """
    raise NotImplementedError
