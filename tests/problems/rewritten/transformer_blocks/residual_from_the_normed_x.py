"""Encoder and decoder blocks, pre-norm or post-norm."""

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """What both blocks share."""

    def __init__(self, embed_dim, num_heads, hidden_dim, dropout, norm_first):
        super().__init__()
        self.norm_first = norm_first
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.drop = nn.Dropout(dropout)

    def surround(self, x, norm, sublayer):
        if self.norm_first:
            x = norm(x)
            return x + self.drop(sublayer(x))
        return norm(x + self.drop(sublayer(x)))

    def feed_forward(self, x):
        return self.linear2(F.relu(self.linear1(x)))


class EncoderBlock(Block):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, norm_first)

    def forward(self, x, mask=None):
        filling = None if mask is None else ~mask

        def attend(t):
            return self.self_attention(t, t, t, key_padding_mask=filling, need_weights=False)[0]

        x = self.surround(x, self.norm1, attend)
        return self.surround(x, self.norm2, self.feed_forward)


class DecoderBlock(Block):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, norm_first)
        self.cross_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.norm3 = nn.LayerNorm(embed_dim)

    def forward(self, x, memory, memory_mask=None):
        L = x.shape[1]
        later = torch.ones(L, L, dtype=torch.bool, device=x.device).triu(1)
        filling = None if memory_mask is None else ~memory_mask

        def attend(t):
            return self.self_attention(t, t, t, attn_mask=later, need_weights=False)[0]

        def ask(t):
            return self.cross_attention(t, memory, memory, key_padding_mask=filling, need_weights=False)[0]

        x = self.surround(x, self.norm1, attend)
        x = self.surround(x, self.norm2, ask)
        return self.surround(x, self.norm3, self.feed_forward)
