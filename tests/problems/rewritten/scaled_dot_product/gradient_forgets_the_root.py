import numpy as np


def causal_mask(queries, keys):
    return np.tril(np.ones((queries, keys), dtype=bool), keys - queries)


def padding_mask(lengths, keys):
    mask = np.zeros((len(lengths), 1, keys), dtype=bool)
    for b, n in enumerate(lengths):
        mask[b, 0, :n] = True
    return mask


def attention(q, k, v, mask=None):
    d = q.shape[-1]
    s = np.einsum("...id,...jd->...ij", q, k) * d ** -0.5
    allowed = np.ones(s.shape, bool) if mask is None else np.broadcast_to(mask, s.shape)
    # largest allowed score of each row; rows without one get 0
    m = np.max(s, axis=-1, keepdims=True, where=allowed, initial=-np.inf)
    m[m == -np.inf] = 0
    e = np.zeros_like(s)
    np.exp(s - m, out=e, where=allowed)
    z = e.sum(-1, keepdims=True)
    z[z == 0] = 1
    w = e / z
    return np.einsum("...ij,...jd->...id", w, v), w


def attention_backward(doutput, q, k, v, mask=None):
    _, w = attention(q, k, v, mask)
    dv = np.einsum("...ij,...id->...jd", w, doutput)
    dw = np.einsum("...id,...jd->...ij", doutput, v)
    mean = np.einsum("...ij,...ij->...i", w, dw)[..., None]
    ds = w * (dw - mean)
    dq = np.einsum("...ij,...jd->...id", ds, k)
    dk = np.einsum("...ij,...id->...jd", ds, q)
    return dq, dk, dv
