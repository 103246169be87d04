"""*Wrong:* attends to padding"""

import numpy as np


def additive_scores(state, memory, W, U, v):
    z = np.tanh((state @ W)[:, None, :] + memory @ U)
    return z @ v


def additive_scores_backward(dscores, state, memory, W, U, v):
    z = np.tanh((state @ W)[:, None, :] + memory @ U)
    p = dscores[..., None] * v * (1 - z * z)
    of_state = p.sum(axis=1)
    dstate = of_state @ W.T
    dmemory = p @ U.T
    dW = state.T @ of_state
    dU = np.einsum("bte,bta->ea", memory, p)
    dv = np.einsum("bt,bta->a", dscores, z)
    return dstate, dmemory, dW, dU, dv


def dot_scores(state, memory, W=None):
    asked = state if W is None else state @ W
    return np.einsum("be,bte->bt", asked, memory)


def attention_weights(scores, lengths):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def context_vector(weights, memory):
    return np.einsum("bt,bte->be", weights, memory)


def attentional_state(context, state, W):
    return np.tanh(np.concatenate([context, state], axis=1) @ W)
