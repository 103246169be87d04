import torch
from torch import nn
from torch.nn import functional as F


class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim: int, num_heads: int, bias: bool = True) -> None:
        super().__init__()
        assert embed_dim % num_heads == 0
        self.E, self.H = embed_dim, num_heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(embed_dim, embed_dim, bias=bias))

    def heads(self, x):
        return x.unflatten(-1, (self.H, self.E // self.H))  # (B, L, H, d)

    def forward(self, query, key, value, mask=None):
        q, k, v = self.heads(self.q_proj(query)), self.heads(self.k_proj(key)), self.heads(self.v_proj(value))
        scale = (self.E // self.H) ** -0.5
        s = torch.einsum("bihd,bjhd->bhij", q * scale, k)
        if mask is None:
            a = s.softmax(-1)
        else:
            mask = mask.expand_as(s)
            anything = mask.any(-1, keepdim=True)
            s = s.masked_fill(~mask & anything, float("-inf"))  # rows without any key are left alone here
            a = s.softmax(-1) * anything
        o = torch.einsum("bhij,bjhd->bihd", a, v)
        return o.flatten(2)
