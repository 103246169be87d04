import torch
import torch.nn.functional as F
from torch import nn


def patchify(images, patch):
    # unfold makes (B, C PH PW, N): it has the order of a convolution's weights
    return F.unfold(images, kernel_size=tuple(patch), stride=tuple(patch)).reshape(
        len(images), -1, images.shape[1] * patch[0] * patch[1]
    )


def unpatchify(patches, patch, image_size):
    return F.fold(patches.transpose(1, 2), tuple(image_size), kernel_size=tuple(patch), stride=tuple(patch))


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, embed_dim):
        super().__init__()
        (H, W), (ph, pw) = image_size, patch
        self.patch = (ph, pw)
        self.count = (H // ph) * (W // pw)
        self.proj = nn.Linear(channels * ph * pw, embed_dim)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.zeros(1, self.count + 1, embed_dim))
        nn.init.normal_(self.class_token, std=0.02)
        nn.init.normal_(self.positions, std=0.02)

    def forward(self, images):
        words = self.proj(patchify(images, self.patch))
        cls = self.class_token.expand(images.shape[0], 1, -1)
        sequence = torch.cat([cls, words], 1)
        return sequence + self.positions
