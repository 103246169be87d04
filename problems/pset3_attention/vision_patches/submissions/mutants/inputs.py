"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import torch


def ask(answer, rng):
    batch, channels, rows, columns, ph, pw = (int(size) for size in rng.integers(1, 4, (6,)))
    size, patch = (rows * ph, columns * pw), (ph, pw)
    images = rng.tensor(batch, channels, *size)
    if rng.mask(1)[0]:
        images = images.transpose(0, 3).contiguous().transpose(0, 3)
    yield answer.patchify(images, patch)
    patches = rng.tensor(batch, rows * columns, channels * ph * pw)
    yield answer.unpatchify(patches, patch, size)
    embed_dim = int(rng.integers(1, 6))
    module = answer.PatchEmbedding(size, patch, channels, embed_dim).double()
    yield {name: torch.zeros_like(value) for name, value in module.state_dict().items()}
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(rng.tensor(*value.shape))
    images.requires_grad_()
    result = module(images)
    yield result.detach()
    (result * rng.tensor(*result.shape)).sum().backward()
    yield [images.grad, *(value.grad for value in module.parameters())]
