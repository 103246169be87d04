"""Public checks: the handout's worked example, and laws of attention that you can test by yourself."""

import math

import torch

from grader.authoring import check, expect, load_state, state

# The worked example of the handout: two features, one head, identity weights.
QUERY = torch.tensor([[[math.sqrt(2.0), 0.0]]], dtype=torch.float64)
KEY = torch.tensor([[[math.log(3.0), 5.0], [0.0, -7.0]]], dtype=torch.float64)
VALUE = torch.tensor([[[4.0, 0.0], [0.0, 8.0]]], dtype=torch.float64)
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")


def _random_weights(rng, embed_dim, *, bias=False):
    """Weights of a size that keeps the scores moderate."""
    scale = embed_dim**-0.5
    weights = {f"{name}.weight": rng.tensor(embed_dim, embed_dim, scale=scale) for name in PROJECTIONS}
    return weights | ({f"{name}.bias": rng.tensor(embed_dim) for name in PROJECTIONS} if bias else {})


def _module(side, num_heads, weights):
    """A module in float64 with these weights."""
    embed_dim = weights["q_proj.weight"].shape[0]
    module = side.MultiHeadAttention(embed_dim, num_heads, bias="q_proj.bias" in weights)
    module.double()
    load_state(module, state(module) | weights)
    return module


def _example_module(student):
    return _module(student, 1, {f"{name}.weight": torch.eye(2, dtype=torch.float64) for name in PROJECTIONS})


def _expect_rows(got, rows, what):
    wanted = torch.tensor([rows], dtype=torch.float64)
    expect.close(got, wanted, what=what, rtol=1e-9, atol=1e-12)


@check("The parameters have the names and shapes of the handout", points=0)
def parameter_names(student, reference, rng):
    for bias in (True, False):
        module = student.MultiHeadAttention(6, 2, bias=bias)
        wanted = {f"{name}.weight": (6, 6) for name in PROJECTIONS}
        wanted |= {f"{name}.bias": (6,) for name in PROJECTIONS} if bias else {}
        found = {name: tuple(tensor.shape) for name, tensor in state(module).items()}
        same = all(found.get(name) == shape for name, shape in wanted.items())
        sentence = "The parameters should be those of q_proj, k_proj, v_proj and out_proj."
        expect.that(same, sentence, f"got {found}")


@check("Worked example: the result is (3, 2)", points=0)
def example(student, reference, rng):
    _expect_rows(_example_module(student)(QUERY, KEY, VALUE), [[3.0, 2.0]], "The result")


@check("Worked example: with the first key masked the result is (0, 8)", points=0)
def example_mask(student, reference, rng):
    mask = torch.tensor([[False, True]])
    _expect_rows(_example_module(student)(QUERY, KEY, VALUE, mask), [[0.0, 8.0]], "The result")


@check("Worked example: with both keys masked the result is (0, 0)", points=0)
def example_nothing_allowed(student, reference, rng):
    mask = torch.tensor([[False, False]])
    _expect_rows(_example_module(student)(QUERY, KEY, VALUE, mask), [[0.0, 0.0]], "The result")


@check("Cross-attention with three heads and biases", points=0)
def three_heads(student, reference, rng):
    weights = _random_weights(rng, 6, bias=True)
    mine, right = _module(student, 3, weights), _module(reference, 3, weights)
    inputs = (rng.tensor(2, 4, 6), rng.tensor(2, 5, 6), rng.tensor(2, 5, 6))
    expect.close(mine(*inputs), right(*inputs), what="The result", rtol=1e-9, atol=1e-11)


@check("Masking a key gives the same as deleting it", points=0)
def masking_is_deleting(student, reference, rng):
    module = _module(student, 2, _random_weights(rng, 4))
    query, key, value = rng.tensor(2, 3, 4), rng.tensor(2, 5, 4), rng.tensor(2, 5, 4)
    keep = torch.tensor([True, False, True, True, False])
    masked = module(query, key, value, keep.expand(3, 5).clone())
    deleted = module(query, key[:, keep], value[:, keep])
    expect.close(masked, deleted, what="The result with masked keys", rtol=1e-9, atol=1e-11)


@check("With a causal mask, changing the last position leaves the others alone", points=0)
def causal(student, reference, rng):
    module = _module(student, 2, _random_weights(rng, 4))
    x = rng.tensor(2, 5, 4)
    changed = x.clone()
    changed[:, -1] = rng.tensor(2, 4)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    before, after = module(x, x, x, mask), module(changed, changed, changed, mask)
    expect.shape(before, (2, 5, 4), what="The result")
    expect.close(after[:, :-1], before[:, :-1], what="The earlier positions", rtol=1e-9, atol=1e-11)
