"""*Wrong:* bias dropped"""

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
        scores = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(self.size)
        if mask is None:
            return scores.softmax(dim=-1)
        allowed = mask.expand(scores.shape)
        some = allowed.any(dim=-1, keepdim=True)
        scores = scores.masked_fill(~allowed & some, float("-inf"))
        return scores.softmax(dim=-1) * some

    def forward(self, query, key, value, mask=None):
        def project(layer, t):
            return t @ layer.weight.T

        q, k, v = (
            self._split(project(layer, t))
            for layer, t in ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        )
        return project(self.out_proj, self._merge(self._weights(q, k, mask) @ v))
