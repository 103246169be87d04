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
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def context_vector(weights, memory):
    return np.einsum("bt,bte->be", weights, memory)


def attentional_state(context, state, W):
    E = context.shape[1]
    return np.tanh(context @ W[:E] + state @ W[E:])
