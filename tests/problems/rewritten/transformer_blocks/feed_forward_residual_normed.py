import torch
from torch import nn


class EncoderBlock(nn.Module):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def attend(self, x, mask):
        hidden = ~mask if mask is not None else None
        out, _ = self.self_attention(x, x, x, key_padding_mask=hidden)
        return self.dropout(out)

    def mlp(self, x):
        return self.dropout(self.linear2(torch.relu(self.linear1(x))))

    def forward(self, x, mask=None):
        if self.norm_first:
            x = x + self.attend(self.norm1(x), mask)
            x = x + self.mlp(self.norm2(x))
        else:
            x = self.norm1(x + self.attend(x, mask))
            x = self.norm2(x + self.mlp(x))
        return x


class DecoderBlock(nn.Module):
    def __init__(self, embed_dim, num_heads, hidden_dim, dropout=0.0, norm_first=True):
        super().__init__()
        self.self_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.cross_attention = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, hidden_dim)
        self.linear2 = nn.Linear(hidden_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.norm3 = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def attend(self, x):
        n = x.size(1)
        i = torch.arange(n, device=x.device)
        future = i[None, :] > i[:, None]
        out, _ = self.self_attention(x, x, x, attn_mask=future)
        return self.dropout(out)

    def cross(self, x, memory, memory_mask):
        hidden = ~memory_mask if memory_mask is not None else None
        out, _ = self.cross_attention(x, memory, memory, key_padding_mask=hidden)
        return self.dropout(out)

    def mlp(self, x):
        return self.dropout(self.linear2(torch.relu(self.linear1(x))))

    def forward(self, x, memory, memory_mask=None):
        if self.norm_first:
            x = x + self.attend(self.norm1(x))
            x = x + self.cross(self.norm2(x), memory, memory_mask)
            h = self.norm3(x)
            x = h + self.mlp(h)
        else:
            x = self.norm1(x + self.attend(x))
            x = self.norm2(x + self.cross(x, memory, memory_mask))
            x = self.norm3(x + self.mlp(x))
        return x
