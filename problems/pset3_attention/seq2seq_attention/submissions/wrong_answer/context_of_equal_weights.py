"""Your context is the mean of all words: each takes part by its weight."""

import numpy as np


def additive_scores(state, memory, W, U, v):
    B, T, _ = memory.shape
    scores = np.empty((B, T), dtype=memory.dtype)
    for b in range(B):
        q = state[b] @ W
        for t in range(T):
            scores[b, t] = v @ np.tanh(q + memory[b, t] @ U)
    return scores


def additive_scores_backward(dscores, state, memory, W, U, v):
    dstate, dmemory = np.zeros_like(state), np.zeros_like(memory)
    dW, dU, dv = np.zeros_like(W), np.zeros_like(U), np.zeros_like(v)
    for b, t in np.ndindex(*dscores.shape):
        s, h, g = state[b], memory[b, t], dscores[b, t]
        z = np.tanh(s @ W + h @ U)
        dv += g * z
        p = g * v * (1 - z * z)
        dW += np.outer(s, p)
        dU += np.outer(h, p)
        dstate[b] += W @ p
        dmemory[b, t] = U @ p
    return dstate, dmemory, dW, dU, dv


def dot_scores(state, memory, W=None):
    scores = np.empty(memory.shape[:2], dtype=memory.dtype)
    for b in range(len(memory)):
        q = state[b] if W is None else state[b] @ W
        scores[b] = memory[b] @ q
    return scores


def attention_weights(scores, lengths):
    weights = np.zeros_like(scores)
    for b, n in enumerate(lengths):
        e = np.exp(scores[b, :n] - np.max(scores[b, :n]))
        weights[b, :n] = e / e.sum()
    return weights


def context_vector(weights, memory):
    B, T, E = memory.shape
    context = np.zeros((B, E), dtype=memory.dtype)
    for b in range(B):
        for t in range(T):
            context[b] += memory[b, t] / T
    return context


def attentional_state(context, state, W):
    E = context.shape[1]
    return np.tanh(context @ W[:E] + state @ W[E:])
