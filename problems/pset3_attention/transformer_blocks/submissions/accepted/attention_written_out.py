"""With an attention of its own, which has the parameters of nn.MultiheadAttention, and norms and dropout written out."""

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.in_proj_weight = nn.Parameter(torch.randn(3 * embed_dim, embed_dim) * embed_dim**-0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim))
        self.out_proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, queries, memory, allowed):
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        q, k, v = (
            torch.stack((x @ w.T + b).chunk(self.num_heads, dim=-1))  # (H, B, L, d)
            for x, w, b in zip((queries, memory, memory), weights, biases, strict=True)
        )
        scores = torch.einsum("hbid,hbjd->hbij", q, k) / q.size(-1) ** 0.5
        weights = scores.masked_fill(~allowed, float("-inf")).softmax(-1)
        return self.out_proj(torch.cat(list(torch.einsum("hbij,hbjd->hbid", weights, v)), dim=-1))


class EncoderBlock(nn.Module):
    ATTENTIONS = ("self_attention",)

    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.rate, self.norm_first = dropout, norm_first
        self.linear1, self.linear2 = nn.Linear(embed_dim, hidden_dim), nn.Linear(hidden_dim, embed_dim)
        for number, name in enumerate((*self.ATTENTIONS, "last"), 1):
            self.add_module(f"norm{number}", nn.LayerNorm(embed_dim))
            if name != "last":
                self.add_module(name, Attention(embed_dim, num_heads))

    def forward(self, x, mask=None):
        real = torch.ones(x.shape[:2], dtype=torch.bool) if mask is None else mask
        x = self.before(x, self.norm1)
        x = self.after(x, self.self_attention(x[1], x[1], real[:, None]), self.norm1)
        return self.finish(x, self.norm2)

    def before(self, x, norm):
        return (x, norm(x)) if self.norm_first else (x, x)

    def after(self, pair, update, norm):
        if self.training and self.rate > 0:
            keep = torch.rand_like(update) >= self.rate
            update = torch.where(keep, update / max(1 - self.rate, 1e-9), 0.0)
        total = pair[0] + update
        return total if self.norm_first else norm(total)

    def finish(self, x, norm):
        pair = self.before(x, norm)
        return self.after(pair, self.linear2(self.linear1(pair[1]).clamp(min=0)), norm)


class DecoderBlock(EncoderBlock):
    ATTENTIONS = ("self_attention", "cross_attention")

    def forward(self, x, memory, memory_mask=None):
        real = torch.ones(memory.shape[:2], dtype=torch.bool) if memory_mask is None else memory_mask
        before = torch.ones(x.size(1), x.size(1), dtype=torch.bool).tril()
        pair = self.before(x, self.norm1)
        x = self.after(pair, self.self_attention(pair[1], pair[1], before), self.norm1)
        pair = self.before(x, self.norm2)
        x = self.after(pair, self.cross_attention(pair[1], memory, real[:, None]), self.norm2)
        return self.finish(x, self.norm3)
