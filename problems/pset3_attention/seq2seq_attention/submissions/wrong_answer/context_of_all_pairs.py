"""Your context has an axis too many: without an axis for the words, NumPy pairs the weights of each sentence with the words of all."""

import numpy as np


def hidden_units(state, memory, W, U):
    q = np.einsum("bd,da->ba", state, W)
    k = np.einsum("bte,ea->bta", memory, U)
    return np.tanh(q[:, np.newaxis] + k)


def additive_scores(state, memory, W, U, v):
    return np.einsum("bta,a->bt", hidden_units(state, memory, W, U), v)


def additive_scores_backward(dscores, state, memory, W, U, v):
    z = hidden_units(state, memory, W, U)
    p = np.einsum("bt,a,bta->bta", dscores, v, 1 - z * z)
    dstate = np.einsum("bta,da->bd", p, W)
    dmemory = np.einsum("bta,ea->bte", p, U)
    dW = np.einsum("bd,bta->da", state, p)
    dU = np.einsum("bte,bta->ea", memory, p)
    dv = np.einsum("bt,bta->a", dscores, z)
    return dstate, dmemory, dW, dU, dv


def dot_scores(state, memory, W=None):
    if W is None:
        return np.einsum("be,bte->bt", state, memory)
    return np.einsum("bd,de,bte->bt", state, W, memory)


def attention_weights(scores, lengths):
    real = np.arange(scores.shape[-1]) < np.reshape(lengths, (-1, 1))
    highest = np.max(scores, axis=-1, keepdims=True, where=real, initial=-np.inf)
    exponentials = np.exp(np.minimum(scores - highest, 0)) * real
    return exponentials / np.sum(exponentials, axis=-1, keepdims=True)


def context_vector(weights, memory):
    return weights @ memory


def attentional_state(context, state, W):
    return np.tanh(np.hstack((context, state)) @ W)
