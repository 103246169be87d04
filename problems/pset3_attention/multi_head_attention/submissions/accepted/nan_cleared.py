"""-inf for masked scores, and the NaN of an empty row cleared after the softmax.

It looks like the classic mistake and is right: masked_fill passes no gradient back where it filled, so the NaN that
comes back through the softmax ends there. With ``scores + mask`` in its place it would go on.
"""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def forward(self, query, key, value, mask=None):
        q = torch.stack(self.q_proj(query).chunk(self.num_heads, dim=-1), dim=1)
        k = torch.stack(self.k_proj(key).chunk(self.num_heads, dim=-1), dim=1)
        v = torch.stack(self.v_proj(value).chunk(self.num_heads, dim=-1), dim=1)
        scores = q @ k.mT / q.size(-1) ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = scores.softmax(-1).nan_to_num(0.0)
        return self.out_proj(torch.cat((weights @ v).unbind(dim=1), dim=-1))
