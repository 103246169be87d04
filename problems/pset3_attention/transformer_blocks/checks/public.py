"""Public checks: the handout's worked example, and what must not matter to a block."""

import torch

from grader.authoring import check, expect, load_state, state

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
X = torch.tensor([[[6.0, 2.0]]], dtype=torch.float64)


def _example(student, **options):
    """The encoder block of the worked example: attention that gives zero, one hidden unit."""
    block = student.EncoderBlock(2, 1, 1, **options)
    block.double()
    weights = {name: torch.zeros_like(tensor) for name, tensor in state(block).items()}
    for norm in ("norm1", "norm2"):
        weights[f"{norm}.weight"] = torch.ones(2, dtype=torch.float64)
    weights["linear1.weight"] = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    weights["linear2.weight"] = torch.tensor([[3.0], [0.0]], dtype=torch.float64)
    load_state(block, weights)
    return block


def _random(module, rng):
    """The module in float64 with random weights."""
    module.double()
    load_state(module, {name: rng.tensor(*tensor.shape, scale=0.4) for name, tensor in state(module).items()})
    return module


@check("Worked example: (9, 2) with the norm first, (1, -1) with the norm last", points=0)
def example(student, reference, rng):
    for norm_first, wanted in ((True, [[[9.0, 2.0]]]), (False, [[[1.0, -1.0]]])):
        got = _example(student, norm_first=norm_first)(X)
        right = torch.tensor(wanted, dtype=torch.float64)
        # The norm adds 0.00001 to the variance before it takes the root.
        expect.close(got, right, what=f"The result with norm_first={norm_first}", rtol=0.0, atol=1e-4)


@check("Worked example: with dropout=1 in training (6, 2) stays as it is, in eval mode it does not", points=0)
def example_dropout(student, reference, rng):
    block = _example(student, dropout=1.0)
    expect.close(block(X), X, what="The result in training", **CLOSE)
    block.eval()
    expect.close(block(X), X + torch.tensor([3.0, 0.0]), what="The result in eval mode", rtol=0.0, atol=1e-4)


@check("What stands in the filling makes no difference to the encoder", points=0)
def what_stands_in_the_filling(student, reference, rng):
    block = _random(student.EncoderBlock(6, 2, 5), rng)
    x, mask = rng.tensor(2, 4, 6), torch.tensor([[True, True, True, False], [True, False, True, True]])
    changed = torch.where(mask[..., None], x, rng.tensor(2, 4, 6))
    before, after = block(x, mask), block(changed, mask)
    expect.shape(before, (2, 4, 6), what="The result")
    expect.close(after[mask], before[mask], what="The result at real tokens", **CLOSE)


@check("A later token makes no difference to the decoder, the end of the memory does", points=0)
def later(student, reference, rng):
    block = _random(student.DecoderBlock(6, 2, 5), rng)
    x, memory = rng.tensor(2, 3, 6), rng.tensor(2, 5, 6)
    before = block(x, memory)
    expect.shape(before, (2, 3, 6), what="The result")
    changed = torch.cat([x[:, :2], rng.tensor(2, 1, 6)], dim=1)
    expect.close(block(changed, memory)[:, :2], before[:, :2], what="The first two tokens", **CLOSE)
    other = torch.cat([memory[:, :4], rng.tensor(2, 1, 6)], dim=1)
    expect.that(block(x, other)[:, 0].ne(before[:, 0]).any(), "The first token does not see all the memory.")


@check("Encoder and decoder with random weights, in both arrangements", points=0)
def random_weights(student, reference, rng):
    x, memory = rng.tensor(2, 3, 6), rng.tensor(2, 5, 6)
    for kind, inputs in (("EncoderBlock", (x,)), ("DecoderBlock", (x, memory))):
        for norm_first in (True, False):
            mine, right = (
                getattr(side, kind)(6, 2, 5, norm_first=norm_first) for side in (student, reference)
            )
            _random(right, rng)
            mine.double()
            load_state(mine, state(right))
            what = f"The result of {kind} with norm_first={norm_first}"
            expect.close(mine(*inputs), right(*inputs), what=what, rtol=1e-8, atol=1e-9)
