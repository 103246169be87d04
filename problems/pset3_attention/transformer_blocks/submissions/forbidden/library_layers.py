"""Subclasses torch's own layers."""

from torch import nn


class EncoderBlock(nn.TransformerEncoderLayer):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, batch_first=True, norm_first=norm_first)

    def forward(self, x, mask=None):
        return super().forward(x, src_key_padding_mask=None if mask is None else ~mask)


class DecoderBlock(nn.TransformerDecoderLayer):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__(embed_dim, num_heads, hidden_dim, dropout, batch_first=True, norm_first=norm_first)

    def forward(self, x, memory, memory_mask=None):
        later = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        filling = None if memory_mask is None else ~memory_mask
        return super().forward(x, memory, tgt_mask=later, memory_key_padding_mask=filling)
