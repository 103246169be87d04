"""*Wrong:* causal mask on cross-attention"""

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
    kwargs = {"need_weights": False}
    if real is not None:
        kwargs["key_padding_mask"] = torch.logical_not(real)
    if causal or query is not memory:
        ones = torch.ones(query.size(1), memory.size(1), dtype=torch.bool)
        kwargs["attn_mask"] = torch.triu(ones, diagonal=1)
    out, _ = layer(query, memory, memory, **kwargs)
    return out


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
