"""The common way: reshape, permute, a mask that is added to the scores, and empty rows handled before the softmax."""

import torch
import torch.nn.functional as F
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def split(self, x):
        B, L, E = x.shape
        return x.view(B, L, self.num_heads, E // self.num_heads).permute(0, 2, 1, 3).contiguous()

    def forward(self, query, key, value, mask=None):
        B, Lq, E = query.shape
        q = self.split(self.q_proj(query))
        k = self.split(self.k_proj(key))
        v = self.split(self.v_proj(value))
        scores = torch.matmul(q, k.permute(0, 1, 3, 2)) * (E // self.num_heads) ** -0.5
        if mask is not None:
            blocked = torch.zeros_like(scores).masked_fill(mask.logical_not(), -torch.inf)
            empty = mask.sum(dim=-1, keepdim=True) == 0
            scores = scores + torch.where(empty, 0.0, blocked)
            weights = F.softmax(scores, dim=-1) * empty.logical_not()
        else:
            weights = F.softmax(scores, dim=-1)
        out = torch.matmul(weights, v)
        out = out.permute(0, 2, 1, 3).contiguous().view(B, Lq, E)
        return F.linear(out, self.out_proj.weight, self.out_proj.bias)
