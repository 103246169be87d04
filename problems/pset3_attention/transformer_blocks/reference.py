"""Reference solution: the encoder and the decoder block of a transformer."""

from collections.abc import Callable

import torch
from torch import nn


class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network."""

    def __init__(
        self, embed_dim: int, num_heads: int, hidden_dim: int, dropout: float = 0.0, norm_first: bool = True
    ) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x = _residual(self, self.norm1, x, lambda y: _attend(self.self_attention, y, y, mask))
        return _residual(self, self.norm2, x, lambda y: _feed_forward(self, y))


class DecoderBlock(nn.Module):
    """Causal self-attention, cross-attention to a memory, then a feed-forward network."""

    def __init__(
        self, embed_dim: int, num_heads: int, hidden_dim: int, dropout: float = 0.0, norm_first: bool = True
    ) -> None:
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

    def forward(
        self, x: torch.Tensor, memory: torch.Tensor, memory_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        x = _residual(self, self.norm1, x, lambda y: _attend(self.self_attention, y, y, blocked=later))
        # The memory is all there before the first target token is: no causal mask, and no norm of this block.
        x = _residual(self, self.norm2, x, lambda y: _attend(self.cross_attention, y, memory, memory_mask))
        return _residual(self, self.norm3, x, lambda y: _feed_forward(self, y))


def _residual(
    block: nn.Module, norm: nn.Module, x: torch.Tensor, sublayer: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    if block.norm_first:
        return x + block.dropout(sublayer(norm(x)))
    return norm(x + block.dropout(sublayer(x)))


def _attend(
    attention: nn.MultiheadAttention,
    queries: torch.Tensor,
    memory: torch.Tensor,
    real: torch.Tensor | None = None,
    blocked: torch.Tensor | None = None,
) -> torch.Tensor:
    # nn.MultiheadAttention's masks are the other way round: True means that a key may not be attended to.
    filling = None if real is None else ~real
    found, _ = attention(
        queries, memory, memory, key_padding_mask=filling, attn_mask=blocked, need_weights=False
    )
    return found


def _feed_forward(block: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return block.linear2(block.linear1(x).relu())
