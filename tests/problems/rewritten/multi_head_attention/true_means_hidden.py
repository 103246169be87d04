"""*Wrong:* mask polarity inverted"""

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
        return t.unflatten(-1, (self.heads, self.size)).transpose(1, 2)

    def _merge(self, t):
        return t.transpose(1, 2).flatten(2)

    def _weights(self, q, k, mask):
        scores = (q / math.sqrt(self.size)) @ k.transpose(-2, -1)
        if mask is not None:
            mask = mask.expand(scores.shape)
            dead = mask.all(-1, keepdim=True)
            scores = scores.masked_fill(mask & ~dead, -math.inf)
            return scores.softmax(-1).masked_fill(dead, 0)
        return scores.softmax(-1)

    def forward(self, query, key, value, mask=None):
        q, k, v = self._split(self.q_proj(query)), self._split(self.k_proj(key)), self._split(self.v_proj(value))
        return self.out_proj(self._merge(self._weights(q, k, mask) @ v))
