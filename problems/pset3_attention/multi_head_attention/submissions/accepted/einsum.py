"""Index notation, with the softmax written out: exponentials below the row's maximum, times the mask."""

import math

import torch
import torch.nn as nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.H, self.d = num_heads, embed_dim // num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def heads(self, x):
        return x.reshape(*x.shape[:2], self.H, self.d)  # (B, L, H, d): einsum needs no transposes

    def forward(self, query, key, value, mask=None):
        q, k, v = self.heads(self.q_proj(query)), self.heads(self.k_proj(key)), self.heads(self.v_proj(value))
        s = torch.einsum("bihd,bjhd->bhij", q / math.sqrt(self.d), k)
        if mask is None:
            mask = torch.ones_like(s, dtype=torch.bool)
        peak = torch.where(mask, s, torch.finfo(s.dtype).min).amax(dim=-1, keepdim=True).detach()
        e = torch.where(mask, s - peak, float("-inf")).exp()
        total = e.sum(dim=-1, keepdim=True)
        a = e / torch.where(total == 0, 1.0, total)
        out = torch.einsum("bhij,bjhd->bihd", a, v).flatten(2)
        return self.out_proj(out)
