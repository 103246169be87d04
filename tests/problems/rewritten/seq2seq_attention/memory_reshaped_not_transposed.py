"""Sequence-to-sequence attention: additive and dot scores, weights, context."""

import numpy as np


def _hidden(state, memory, W, U):
    return np.tanh((state @ W)[:, None, :] + memory @ U)


def additive_scores(state, memory, W, U, v):
    return _hidden(state, memory, W, U) @ v


def additive_scores_backward(dscores, state, memory, W, U, v):
    z = _hidden(state, memory, W, U)
    dv = np.tensordot(dscores, z, axes=([0, 1], [0, 1]))
    p = dscores[:, :, None] * v * (1 - z * z)
    p_state = p.sum(axis=1)
    dstate = p_state @ W.T
    dW = state.T @ p_state
    dmemory = p @ U.T
    dU = np.tensordot(memory, p, axes=([0, 1], [0, 1]))
    return dstate, dmemory, dW, dU, dv


def dot_scores(state, memory, W=None):
    query = state if W is None else state @ W
    return (memory @ query[:, :, None])[:, :, 0]


def attention_weights(scores, lengths):
    T = scores.shape[1]
    real = np.arange(T)[None, :] < np.asarray(lengths)[:, None]
    scores = np.where(real, scores, np.array(-np.inf, dtype=scores.dtype))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def context_vector(weights, memory):
    B, T, E = memory.shape
    columns = memory.reshape(B, E, T)
    return (columns @ weights.reshape(B, T, 1)).reshape(B, E)


def attentional_state(context, state, W):
    return np.tanh(np.concatenate([context, state], axis=1) @ W)
