"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import torch


def ask(answer, rng):
    batch, heads, size, hidden, length, words = (int(number) for number in rng.integers(1, 4, (6,)))
    embed_dim, norm_first = heads * size, bool(rng.mask(1)[0])
    x, memory = rng.tensor(batch, length, embed_dim), rng.tensor(batch, words, embed_dim)
    for name, extra, tokens in (("EncoderBlock", (), length), ("DecoderBlock", (memory,), words)):
        block = getattr(answer, name)(embed_dim, heads, hidden, 0.5, norm_first).double()
        yield {key: torch.zeros_like(value) for key, value in block.state_dict().items()}
        with torch.no_grad():
            parameters = [value for _, value in sorted(block.named_parameters())]
            for value in parameters:
                value.copy_(rng.tensor(*value.shape))
        block.eval()
        mask = torch.from_numpy(rng.mask(batch, tokens, p=0.7))
        mask[:, 0] = True  # somewhere there is a token
        inputs = x.clone().requires_grad_()
        result = block(inputs, *extra, mask)
        yield result.detach()
        (result * rng.tensor(*result.shape)).sum().backward()
        yield [inputs.grad, *(value.grad for value in parameters)]
        yield block(x, *extra).detach()
        # Everything is dropped in training: what is left are the residual connections.
        emptied = getattr(answer, name)(embed_dim, heads, hidden, 1.0, norm_first).double()
        emptied.load_state_dict(block.state_dict())
        yield emptied.train()(x, *extra).detach()
    yield x, memory
