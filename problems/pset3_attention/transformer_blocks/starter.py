"""The blocks that a transformer is stacked of: one of the encoder, one of the decoder.

B sequences, L tokens (of the memory: S), E features (embed_dim). Masks are boolean; True where a token is
real, False where it is filling. Layers with parameters have the names that the handout gives.
"""

import torch
from torch import nn


class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network, each with its residual connection and its norm.

    embed_dim: E, divisible by num_heads. hidden_dim: units between the two linear layers. dropout: the
    probability that a number of a sublayer's result is dropped in training, from 0 to 1. norm_first: whether
    the norm stands in front of each sublayer, or behind each addition.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, hidden_dim: int, dropout: float = 0.0, norm_first: bool = True
    ) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """x: (B, L, E). mask: (B, L), True where a token is real; None: all are. Returns (B, L, E)."""
        raise NotImplementedError


class DecoderBlock(nn.Module):
    """Causal self-attention, cross-attention to a memory, then a feed-forward network.

    The arguments are those of EncoderBlock.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, hidden_dim: int, dropout: float = 0.0, norm_first: bool = True
    ) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(
        self, x: torch.Tensor, memory: torch.Tensor, memory_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """x: (B, L, E). memory: (B, S, E). memory_mask: (B, S), True where the memory is real.

        Returns (B, L, E).
        """
        raise NotImplementedError
