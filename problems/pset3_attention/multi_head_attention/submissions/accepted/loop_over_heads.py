"""One head at a time, each on a slice of the features; masked keys get -inf where a row has any key left."""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__()
        self.num_heads = num_heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(embed_dim, embed_dim, bias))

    def forward(self, query, key, value, mask=None):
        Q, K, V = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        B, Lq, E = Q.shape
        Lk = K.shape[1]
        d = E // self.num_heads
        if mask is None:
            mask = torch.ones(Lq, Lk, dtype=torch.bool, device=Q.device)
        mask = mask.expand(B, self.num_heads, Lq, Lk)
        outputs = []
        for h in range(self.num_heads):
            block = slice(h * d, (h + 1) * d)
            scores = torch.bmm(Q[..., block], K[..., block].mT) * d**-0.5
            allowed = mask[:, h]
            nothing = ~allowed.any(dim=-1, keepdim=True)
            scores = scores.masked_fill(~(allowed | nothing), float("-inf"))
            weights = torch.softmax(scores, dim=-1).masked_fill(nothing, 0.0)
            outputs.append(torch.bmm(weights, V[..., block]))
        return self.out_proj(torch.cat(outputs, dim=-1))
