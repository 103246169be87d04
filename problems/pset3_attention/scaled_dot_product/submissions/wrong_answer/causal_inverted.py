"""Your causal mask is the wrong way round: True means that the query may attend to the key."""

import numpy as np


def causal_mask(queries, keys):
    i = np.arange(queries)[:, None] + (keys - queries)
    j = np.arange(keys)[None, :]
    return j > i


def padding_mask(lengths, keys):
    mask = np.zeros((len(lengths), 1, keys), dtype=bool)
    for b, n in enumerate(lengths):
        mask[b, 0, :n] = True
    return mask


def masked_softmax(s, mask):
    if mask is None:
        mask = np.ones(s.shape, dtype=bool)
    top = np.where(mask, s, -np.inf).max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    e = np.exp(np.where(mask, s - top, -np.inf))
    z = e.sum(axis=-1, keepdims=True)
    z[z == 0] = 1
    return (e / z).astype(s.dtype)


def attention(q, k, v, mask=None):
    s = np.einsum("...id,...jd->...ij", q, k) * q.shape[-1] ** -0.5
    a = masked_softmax(s, mask)
    return np.einsum("...ij,...jv->...iv", a, v), a


def attention_backward(doutput, q, k, v, mask=None):
    _, a = attention(q, k, v, mask)
    da = np.einsum("...iv,...jv->...ij", doutput, v)
    ds = a * da - a * np.einsum("...ij,...ij->...i", a, da)[..., None]
    ds = ds * q.shape[-1] ** -0.5
    dq = np.einsum("...ij,...jd->...id", ds, k)
    dk = np.einsum("...ij,...id->...jd", ds, q)
    dv = np.einsum("...ij,...iv->...jv", a, doutput)
    return dq, dk, dv
