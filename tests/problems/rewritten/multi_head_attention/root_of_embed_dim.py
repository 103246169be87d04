"""Multi-head attention with masks."""

import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def split(self, t):
        """(B, L, E) -> (B, H, L, d)"""
        B, L, _ = t.shape
        return t.view(B, L, self.num_heads, self.head_dim).transpose(1, 2)

    def merge(self, t):
        """(B, H, L, d) -> (B, L, E)"""
        B, H, L, d = t.shape
        return t.transpose(1, 2).reshape(B, L, H * d)

    def forward(self, query, key, value, mask=None):
        q = self.split(self.q_proj(query).contiguous())
        k = self.split(self.k_proj(key).contiguous())
        v = self.split(self.v_proj(value).contiguous())
        scores = q @ k.transpose(-2, -1) / math.sqrt(query.shape[-1])
        if mask is not None:
            # a finite number: no row of -inf, so never a NaN; empty rows are wiped out after the softmax
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0.0)
        return self.out_proj(self.merge(weights @ v))
