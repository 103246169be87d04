import torch
import torch.nn as nn


class MultiHeadAttention(nn.Module):
    """One head after the other, each with its slice of the features."""

    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias)
        self.num_heads = num_heads
        self.d_model = embed_dim
        self.size = embed_dim // num_heads

    def one_head(self, q, k, v, allowed):
        """q: (B, Lq, d), k, v: (B, Lk, d), allowed: (B, Lq, Lk)"""
        scores = torch.bmm(q, k.transpose(1, 2)) / self.d_model ** 0.5
        scores = torch.where(allowed, scores, torch.full_like(scores, -1e30))
        scores = scores - scores.detach().amax(dim=2, keepdim=True)
        e = scores.exp() * allowed
        total = e.sum(dim=2, keepdim=True)
        weights = e / torch.where(total > 0, total, torch.ones_like(total))
        return torch.bmm(weights, v)

    def forward(self, query, key, value, mask=None):
        B, Lq, _ = query.shape
        Lk = key.shape[1]
        Q = self.q_proj(query)
        K = self.k_proj(key)
        V = self.v_proj(value)
        if mask is None:
            mask = torch.ones(Lq, Lk, dtype=torch.bool, device=query.device)
        mask = mask.expand(B, self.num_heads, Lq, Lk)
        outputs = []
        for h in range(self.num_heads):
            part = slice(h * self.size, (h + 1) * self.size)
            outputs.append(self.one_head(Q[..., part], K[..., part], V[..., part], mask[:, h]))
        merged = torch.cat(outputs, dim=-1)
        return self.out_proj(merged)
