"""How to recognise the mistakes that show as NaN, as an exception, in an argument, or in one check only
together with others."""

import torch

from grader.authoring import load_state, mistake, observe, state, vjp

NAMES = ("q_proj", "k_proj", "v_proj", "out_proj")


def _modules(rng, num_heads, *sides):
    """A module of each side, all with the same weights and without biases."""
    size = 4 * num_heads
    weights = {f"{name}.weight": rng.tensor(size, size, scale=size**-0.5) for name in NAMES}
    modules = []
    for side in sides:
        module = side.MultiHeadAttention(size, num_heads, bias=False)
        module.double()
        load_state(module, state(module) | weights)
        modules.append(module)
    return modules


def _right(mine, right, *inputs):
    return torch.allclose(mine(*inputs), right(*inputs))


@mistake("exponentials_overflow", checks=("large_scores",))
def exponentials_overflow(student, reference, rng):
    mine, right = _modules(rng, 2, student, reference)
    x = rng.tensor(2, 5, 8)
    return _right(mine, right, x, x, x) and bool(mine(300.0 * x, 300.0 * x, x).isnan().any())


def _masked(rng):
    """(x, mask, cotangent), where the second query may attend to nothing."""
    mask = torch.ones(4, 4, dtype=torch.bool).tril()
    mask[1] = False
    return rng.tensor(2, 4, 8), mask, rng.tensor(2, 4, 8)


@mistake("fully_masked_row_is_nan", checks=("nothing_allowed",))
def fully_masked_row_is_nan(student, reference, rng):
    (module,) = _modules(rng, 2, student)
    x, mask, _ = _masked(rng)
    nan = module(x, x, x, mask).isnan()
    return bool(nan[:, 1].all()) and not bool(nan[:, 2:].any())


@mistake("nan_replaced_too_late", checks=("nothing_allowed",))
def nan_replaced_too_late(student, reference, rng):
    mine, right = _modules(rng, 2, student, reference)
    x, mask, cotangent = _masked(rng)
    found = vjp(mine, x, x, x, mask, cotangent=cotangent)
    return torch.allclose(found.value, right(x, x, x, mask)) and bool(found.args[0].isnan().any())


@mistake("key_length_from_query", checks=("cross_attention",))
def key_length_from_query(student, reference, rng):
    mine, right = _modules(rng, 2, student, reference)
    query, key = rng.tensor(2, 3, 8), rng.tensor(2, 5, 8)
    if not _right(mine, right, key, key, key):
        return False
    try:
        mine(query, key, key)
    except Exception:
        return True
    return False


@mistake("mask_overwritten", checks=("inputs_unchanged",))
def mask_overwritten(student, reference, rng):
    (module,) = _modules(rng, 2, student)
    x, mask, _ = _masked(rng)
    return not torch.equal(observe(module, x, x, x, mask).args_after[3], mask)


@mistake("softmax_over_queries", checks=("scaled_weights",))
def softmax_over_queries(student, reference, rng):
    (module,) = _modules(rng, 1, student)
    x, weights = rng.tensor(2, 5, 4), state(module)
    query, key, value, out = (weights[f"{name}.weight"] for name in NAMES)
    scores = (x @ query.T) @ (x @ key.T).transpose(1, 2) / 2.0  # the root of four features
    wanted = torch.softmax(scores, dim=1) @ (x @ value.T) @ out.T
    return torch.allclose(module(x, x, x), wanted)
