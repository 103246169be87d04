"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import torch


def ask(answer, rng):
    batch, heads, size, queries, keys = (int(number) for number in rng.integers(1, 5, (5,)))
    embed_dim, bias = heads * size, bool(rng.mask(1)[0])
    module = answer.MultiHeadAttention(embed_dim, heads, bias=bias).double()
    yield {name: torch.zeros_like(value) for name, value in module.state_dict().items()}
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(rng.tensor(*value.shape))
    scale = float(10.0 ** rng.uniform(low=-1, high=1.5))
    inputs = [rng.tensor(batch, length, embed_dim, scale=scale) for length in (queries, keys, keys)]
    masks = [
        None,
        torch.from_numpy(rng.mask(queries, keys)),
        torch.from_numpy(rng.mask(batch, 1, 1, keys)),
        torch.from_numpy(rng.mask(batch, heads, queries, keys, p=0.3)),
    ]
    for tensor in inputs:
        tensor.requires_grad_()
    for mask in masks:
        result = module(*inputs, mask)
        yield result.detach()
    (result * rng.tensor(*result.shape)).sum().backward()
    yield [tensor.grad for tensor in inputs]
    yield [tensor.detach() for tensor in inputs], masks[1:]
    yield answer.MultiHeadAttention(4, 2).out_proj.bias is not None
