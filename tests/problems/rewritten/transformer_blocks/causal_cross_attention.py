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
        steps = [
            (self.norm1, lambda t: _attend(self.self_attention, t, t, causal=True)),
            (self.norm2, lambda t: self._cross(t, memory, memory_mask)),
            (self.norm3, lambda t: _feed_forward(self, t)),
        ]
        for norm, f in steps:
            x = _around(self, x, norm, f)
        return x

    def _cross(self, t, memory, memory_mask):
        L, S = t.shape[1], memory.shape[1]
        blocked = torch.arange(S)[None, :] > torch.arange(L)[:, None]
        scores_mask = blocked.expand(t.shape[0], L, S)
        if memory_mask is not None:
            scores_mask = scores_mask | ~memory_mask[:, None, :]
            empty = scores_mask.all(dim=-1, keepdim=True)
            scores_mask = torch.where(empty, (~memory_mask)[:, None, :], scores_mask)
        scores_mask = scores_mask.repeat_interleave(self.cross_attention.num_heads, dim=0)
        return self.cross_attention(t, memory, memory, attn_mask=scores_mask, need_weights=False)[0]
