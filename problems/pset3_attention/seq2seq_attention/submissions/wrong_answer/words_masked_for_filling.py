"""Your mask is the wrong way round: filling gets all the attention, and the words none."""

import numpy as np


def additive_scores(state, memory, W, U, v):
    query = (state @ W)[:, None, :]  # (B, 1, A)
    keys = memory @ U  # (B, T, A)
    return np.tanh(query + keys) @ v


def additive_scores_backward(dscores, state, memory, W, U, v):
    z = np.tanh((state @ W)[:, None, :] + memory @ U)
    dv = np.sum(dscores[:, :, None] * z, axis=(0, 1))
    dz = dscores[:, :, None] * v
    dp = dz * (1 - z**2)
    dquery = dp.sum(axis=1)
    dW = state.T @ dquery
    dstate = dquery @ W.T
    dU = np.tensordot(memory, dp, axes=([0, 1], [0, 1]))
    dmemory = dp @ U.T
    return dstate, dmemory, dW, dU, dv


def dot_scores(state, memory, W=None):
    if W is not None:
        state = state @ W
    return np.sum(state[:, None, :] * memory, axis=-1)


def attention_weights(scores, lengths):
    T = scores.shape[1]
    mask = np.arange(T)[None, :] >= lengths[:, None]
    scores = np.where(mask, scores, np.finfo(scores.dtype).min)
    scores = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(scores)
    return e / e.sum(axis=1, keepdims=True)


def context_vector(weights, memory):
    return np.sum(weights[:, :, None] * memory, axis=1)


def attentional_state(context, state, W):
    return np.tanh(np.concatenate([context, state], axis=-1) @ W)
