"""Multi-head attention with masks, as a PyTorch module.

B sequences, Lq queries, Lk keys and values, E features (embed_dim), H heads of d = E / H features each.
"""

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Multi-head attention (Vaswani et al., 2017).

    embed_dim: E, divisible by num_heads. bias: whether the four projections have biases.

    The projections are nn.Linear layers from E to E called q_proj, k_proj, v_proj and out_proj; there are
    no other parameters.
    """

    def __init__(self, embed_dim: int, num_heads: int, bias: bool = True) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Let every query attend to the keys that its row of the mask allows.

        query: (B, Lq, E). key, value: (B, Lk, E).
        mask: boolean, broadcasts to (B, H, Lq, Lk); True where the query may attend to the key.
        Returns (B, Lq, E). A query that may attend to nothing gets zeros before the output projection.
        """
        raise NotImplementedError
