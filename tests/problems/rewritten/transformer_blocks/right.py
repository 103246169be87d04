"""Transformer blocks: right."""

import torch
from torch import nn


def _around(block, x, norm, sublayer):
    """A sublayer with its residual connection, dropout and norm."""
    if block.norm_first:
        return x + block.drop(sublayer(norm(x)))
    return norm(x + block.drop(sublayer(x)))


def _feed_forward(block, x):
    return block.linear2(torch.relu(block.linear1(x)))


def _attend(layer, query, memory, real=None, causal=False):
    hidden = None if real is None else ~real
    later = None
    if causal:
        n = query.shape[1]
        later = torch.ones(n, n, dtype=torch.bool, device=query.device).triu(1)
    return layer(query, memory, memory, key_padding_mask=hidden, attn_mask=later, need_weights=False)[0]


class EncoderBlock(nn.Module):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.norm_first = norm_first
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        x = _around(self, x, self.norm1, lambda t: _attend(self.self_attention, t, t, mask))
        return _around(self, x, self.norm2, lambda t: _feed_forward(self, t))


class DecoderBlock(nn.Module):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.norm_first = norm_first
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.norm3 = nn.LayerNorm(embed_dim)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, memory, memory_mask=None):
        x = _around(self, x, self.norm1, lambda t: _attend(self.self_attention, t, t, causal=True))
        x = _around(self, x, self.norm2, lambda t: _attend(self.cross_attention, t, memory, memory_mask))
        return _around(self, x, self.norm3, lambda t: _feed_forward(self, t))
