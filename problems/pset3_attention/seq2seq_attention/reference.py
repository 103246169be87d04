"""Reference solution: additive and dot attention between a decoder's state and a padded source."""

import numpy as np


def additive_scores(
    state: np.ndarray, memory: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> np.ndarray:
    return _hidden(state, memory, W, U) @ v


def additive_scores_backward(
    dscores: np.ndarray, state: np.ndarray, memory: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    hidden = _hidden(state, memory, W, U)
    dsum = dscores[..., None] * v * (1 - hidden**2)  # (B, T, A)
    # One state takes part in the scores of all words of its source.
    dquery = dsum.sum(axis=1)  # (B, A)
    return (
        dquery @ W.T,
        dsum @ U.T,
        state.T @ dquery,
        np.einsum("bte,bta->ea", memory, dsum),
        np.einsum("bt,bta->a", dscores, hidden),
    )


def dot_scores(state: np.ndarray, memory: np.ndarray, W: np.ndarray | None = None) -> np.ndarray:
    query = state if W is None else state @ W  # (B, E)
    return (memory @ query[:, :, None])[:, :, 0]


def attention_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    real = np.arange(scores.shape[1]) < lengths[:, None]
    # Every source has a word, so that the maximum is that of a word and is finite.
    scores = np.where(real, scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def context_vector(weights: np.ndarray, memory: np.ndarray) -> np.ndarray:
    return np.einsum("bt,bte->be", weights, memory)


def attentional_state(context: np.ndarray, state: np.ndarray, W: np.ndarray) -> np.ndarray:
    return np.tanh(np.concatenate([context, state], axis=1) @ W)


def _hidden(state: np.ndarray, memory: np.ndarray, W: np.ndarray, U: np.ndarray) -> np.ndarray:
    """(B, T, A): the state is the same for every word of its source."""
    return np.tanh((state @ W)[:, None, :] + memory @ U)
