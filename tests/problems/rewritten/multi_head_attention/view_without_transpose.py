"""*Wrong:* heads split by `view` without transpose"""

import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.heads = num_heads
        self.size = embed_dim // num_heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(embed_dim, embed_dim, bias=bias))

    def _split(self, t):
        batch, length, _ = t.shape
        return t.contiguous().view(batch, self.heads, length, self.size)

    def _merge(self, t):
        batch, _, length, _ = t.shape
        return t.contiguous().view(batch, length, self.heads * self.size)


    def _weights(self, q, k, mask):
        scores = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(self.size)
        if mask is None:
            return scores.softmax(dim=-1)
        allowed = mask.expand(scores.shape)
        some = allowed.any(dim=-1, keepdim=True)
        scores = scores.masked_fill(~allowed & some, float("-inf"))
        return scores.softmax(dim=-1) * some

    def forward(self, query, key, value, mask=None):
        q, k, v = self._split(self.q_proj(query)), self._split(self.k_proj(key)), self._split(self.v_proj(value))
        return self.out_proj(self._merge(self._weights(q, k, mask) @ v))
