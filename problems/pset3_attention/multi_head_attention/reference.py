"""Reference solution: multi-head attention with masks."""

import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Multi-head attention (Vaswani et al., 2017)."""

    def __init__(self, embed_dim: int, num_heads: int, bias: bool = True) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.q_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.k_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.v_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)

    def forward(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        q = self._split(self.q_proj(query))  # (B, H, Lq, d)
        k = self._split(self.k_proj(key))  # (B, H, Lk, d)
        v = self._split(self.v_proj(value))  # (B, H, Lk, d)
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.head_dim)  # (B, H, Lq, Lk)
        context = _attention_weights(scores, mask) @ v  # (B, H, Lq, d)
        return self.out_proj(self._merge(context))

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """(B, L, E) → (B, H, L, d). The features are cut into heads first; only then do the axes move."""
        return x.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)

    def _merge(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, L, d) → (B, L, E): the inverse of the split, step by step."""
        return x.transpose(1, 2).flatten(-2)


def _attention_weights(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    if mask is None:
        return scores.softmax(dim=-1)
    # The lowest finite number, not -inf: beside an allowed score its exponential is exactly 0, and a row with
    # nothing allowed becomes uniform, not NaN. The second fill clears that row, and stops gradients there.
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~mask, lowest).softmax(dim=-1).masked_fill(~mask, 0.0)
