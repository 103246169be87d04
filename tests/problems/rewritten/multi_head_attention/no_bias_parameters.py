"""*Wrong:* bias dropped (bias=... not handed on to the linear layers)"""

import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.heads = num_heads
        self.size = embed_dim // num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=False)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=False)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=False)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=False)

    def _split(self, t):
        return t.unflatten(-1, (self.heads, self.size)).transpose(1, 2)

    def _merge(self, t):
        return t.transpose(1, 2).flatten(2)

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
