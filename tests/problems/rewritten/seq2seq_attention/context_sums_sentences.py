import numpy as np


def additive_scores(state, memory, W, U, v):
    s = np.einsum("bd,da->ba", state, W)
    h = np.einsum("bte,ea->bta", memory, U)
    return np.einsum("bta,a->bt", np.tanh(s[:, np.newaxis] + h), v)


def additive_scores_backward(dscores, state, memory, W, U, v):
    s = np.einsum("bd,da->ba", state, W)
    h = np.einsum("bte,ea->bta", memory, U)
    z = np.tanh(s[:, np.newaxis] + h)
    p = np.einsum("bt,a,bta->bta", dscores, v, 1 - z**2)
    return (
        np.einsum("bta,da->bd", p, W),
        np.einsum("bta,ea->bte", p, U),
        np.einsum("bd,bta->da", state, p),
        np.einsum("bte,bta->ea", memory, p),
        np.einsum("bt,bta->a", dscores, z),
    )


def dot_scores(state, memory, W=None):
    if W is not None:
        state = np.einsum("bd,de->be", state, W)
    return np.einsum("be,bte->bt", state, memory)


def attention_weights(scores, lengths):
    out = np.zeros_like(scores)
    for b in range(len(scores)):
        n = int(lengths[b])
        words = scores[b, :n]
        e = np.exp(words - words.max())
        out[b, :n] = e / e.sum()
    return out


def context_vector(weights, memory):
    total = 0
    for a, h in zip(weights, memory):  # a: (T,), h: (T, E)
        total = total + a[:, None] * h
    return total


def attentional_state(context, state, W):
    E = context.shape[1]
    return np.tanh(context @ W[:E] + state @ W[E:])
