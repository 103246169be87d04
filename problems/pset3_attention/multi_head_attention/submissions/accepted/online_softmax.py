"""Keys are read in blocks with a running maximum and a running sum, as in FlashAttention: no (Lq, Lk) matrix is kept."""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    BLOCK = 2

    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def forward(self, query, key, value, mask=None):
        # (B * H, L, d): heads become part of the batch
        q, k, v = (
            torch.cat(projected.chunk(self.num_heads, dim=-1), dim=0)
            for projected in (self.q_proj(query), self.k_proj(key), self.v_proj(value))
        )
        B, Lq, Lk, d = query.size(0), q.size(1), k.size(1), q.size(2)
        if mask is not None:
            mask = mask.expand(B, self.num_heads, Lq, Lk).transpose(0, 1).reshape(-1, Lq, Lk)
        q = q / d**0.5
        lowest = torch.finfo(q.dtype).min
        peak = q.new_full((q.size(0), Lq, 1), lowest)
        total = q.new_zeros((q.size(0), Lq, 1))
        context = torch.zeros_like(q)
        for start in range(0, Lk, self.BLOCK):
            part = slice(start, start + self.BLOCK)
            scores = q @ k[:, part].transpose(1, 2)
            if mask is not None:
                scores = scores.masked_fill(~mask[:, :, part], lowest)
            new_peak = torch.maximum(peak, scores.amax(-1, keepdim=True).detach())
            e = torch.exp(scores - new_peak)
            if mask is not None:
                e = e * mask[:, :, part]
            shrink = torch.exp(peak - new_peak)
            total = total * shrink + e.sum(-1, keepdim=True)
            context = context * shrink + e @ v[:, part]
            peak = new_peak
        context = context / total.masked_fill(total == 0, 1.0)
        return self.out_proj(torch.cat(context.chunk(self.num_heads, dim=0), dim=-1))
