import torch
from torch import nn

Pair = tuple[int, int]


def patchify(images: torch.Tensor, patch: Pair) -> torch.Tensor:
    PH, PW = patch
    H, W = images.shape[2:]
    out = []
    for top in range(0, H, PH):
        for left in range(0, W, PW):
            piece = images[:, :, top : top + PH, left : left + PW]
            out.append(piece.flatten(1))
    return torch.stack(out, dim=1)


def unpatchify(patches: torch.Tensor, patch: Pair, image_size: Pair) -> torch.Tensor:
    PH, PW = patch
    H, W = image_size
    B, N, F = patches.shape
    per_row = W // PW
    image = torch.zeros(B, F // (PH * PW), H, W, dtype=patches.dtype, device=patches.device)
    for n in range(N):
        i, j = n // per_row, n % per_row
        piece = patches[:, n].reshape(B, PH, PW, -1).permute(0, 3, 1, 2)
        image[:, :, i * PH : (i + 1) * PH, j * PW : (j + 1) * PW] = piece
    return image


class PatchEmbedding(nn.Module):
    def __init__(self, image_size: Pair, patch: Pair, channels: int, embed_dim: int) -> None:
        super().__init__()
        self.patch = patch
        patches = image_size[0] // patch[0] * (image_size[1] // patch[1])
        self.proj = nn.Linear(patch[0] * patch[1] * channels, embed_dim)
        self.class_token = nn.Parameter(torch.randn(1, 1, embed_dim) * 0.1)
        self.positions = nn.Parameter(torch.randn(1, patches + 1, embed_dim) * 0.1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.proj(patchify(images, self.patch))
        B, N, E = x.shape
        x = torch.cat((self.class_token.repeat(B, 1, 1), x), dim=1)
        x = x + self.positions
        return x
