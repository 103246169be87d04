"""*Wrong:* no 1/sqrt(d_k)"""

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
        logits = torch.matmul(q, k.transpose(-1, -2))
        if mask is not None:
            full = torch.broadcast_to(mask, logits.shape)
            alive = full.any(-1, keepdim=True)
            logits = torch.where(full | ~alive, logits, torch.full_like(logits, -torch.inf))
            return torch.where(alive, torch.softmax(logits, -1), torch.zeros_like(logits))
        return torch.softmax(logits, -1)

    def forward(self, query, key, value, mask=None):
        q, k, v = self._split(self.q_proj(query)), self._split(self.k_proj(key)), self._split(self.v_proj(value))
        return self.out_proj(self._merge(self._weights(q, k, mask) @ v))
