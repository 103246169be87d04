"""Your cross-attention hides the end of the memory from all but the last token: the whole memory was there before the first target word."""

import torch
from torch import nn


class EncoderBlock(nn.Module):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.norm_first = norm_first
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x, mask):
        padding = ~mask if mask is not None else None
        return self.self_attention(x, x, x, key_padding_mask=padding, need_weights=False)[0]

    def feed_forward(self, x):
        return self.linear2(torch.relu(self.linear1(x)))

    def forward(self, x, mask=None):
        if self.norm_first:
            x = x + self.dropout(self.attend(self.norm1(x), mask))
            x = x + self.dropout(self.feed_forward(self.norm2(x)))
        else:
            x = self.norm1(x + self.dropout(self.attend(x, mask)))
            x = self.norm2(x + self.dropout(self.feed_forward(x)))
        return x


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
        self.dropout = nn.Dropout(dropout)

    def attend(self, x):
        L = x.size(1)
        blocked = torch.triu(torch.ones(L, L, dtype=torch.bool), diagonal=1)
        return self.self_attention(x, x, x, attn_mask=blocked, need_weights=False)[0]

    def cross(self, x, memory, memory_mask):
        L, S = x.size(1), memory.size(1)
        later = torch.ones(L, S, dtype=torch.bool).triu(1 + max(S - L, 0))
        padding = ~memory_mask if memory_mask is not None else None
        return self.cross_attention(
            x, memory, memory, key_padding_mask=padding, attn_mask=later, need_weights=False
        )[0]

    def feed_forward(self, x):
        return self.linear2(torch.relu(self.linear1(x)))

    def forward(self, x, memory, memory_mask=None):
        if self.norm_first:
            x = x + self.dropout(self.attend(self.norm1(x)))
            x = x + self.dropout(self.cross(self.norm2(x), memory, memory_mask))
            x = x + self.dropout(self.feed_forward(self.norm3(x)))
        else:
            x = self.norm1(x + self.dropout(self.attend(x)))
            x = self.norm2(x + self.dropout(self.cross(x, memory, memory_mask)))
            x = self.norm3(x + self.dropout(self.feed_forward(x)))
        return x
