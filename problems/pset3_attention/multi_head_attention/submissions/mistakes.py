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


def _attended(x, module, weigh):
    """What a module of one head gives if its weights are made of its scores like this."""
    weights = state(module)
    query, key, value, out = (weights[f"{name}.weight"] for name in NAMES)
    scores = (x @ query.T) @ (x @ key.T).transpose(1, 2) / 2.0  # the root of four features
    return weigh(scores) @ (x @ value.T) @ out.T


def _right(mine, right, *inputs):
    return torch.allclose(mine(*inputs), right(*inputs))


def _biases(student, *, bias):
    """Of how many of the four projections a module has a bias."""
    names = state(student.MultiHeadAttention(8, 2, bias=bias))
    assert all(f"{name}.weight" in names for name in NAMES)
    return sum(f"{name}.bias" in names for name in NAMES)


@mistake("bias_argument_ignored", checks=("projections",))
def bias_argument_ignored(student, reference, rng):
    return _biases(student, bias=True) == 4 and _biases(student, bias=False) > 0


@mistake("biases_never_made", checks=("projections",))
def biases_never_made(student, reference, rng):
    return _biases(student, bias=True) < 4 and _biases(student, bias=False) == 0


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


def _of_the_empty_row(student, reference, rng):
    """(works, got, unmasked): whether the mask works for all other queries; and what the one gives that may
    attend to nothing, and what it would give without a mask."""
    mine, right = _modules(rng, 2, student, reference)
    x, mask, _ = _masked(rng)
    others = [0, 2, 3]
    got = mine(x, x, x, mask)
    works = torch.allclose(got[:, others], right(x, x, x, mask)[:, others], rtol=1e-5, atol=1e-6)
    return works, got[:, 1], right(x, x, x)[:, 1]


@mistake("fully_masked_row_unmasked", checks=("nothing_allowed",))
def fully_masked_row_unmasked(student, reference, rng):
    works, got, unmasked = _of_the_empty_row(student, reference, rng)
    return works and torch.allclose(got, unmasked, rtol=1e-4, atol=1e-5)


@mistake("mask_ignored", checks=("masked_keys", "nothing_allowed"))
def mask_ignored(student, reference, rng):
    mine, right = _modules(rng, 2, student, reference)
    x, mask, _ = _masked(rng)
    return torch.allclose(mine(x, x, x, mask), right(x, x, x))


@mistake("mask_multiplies_scores", checks=("masked_keys",))
def mask_multiplies_scores(student, reference, rng):
    (module,) = _modules(rng, 1, student)
    x, mask = rng.tensor(2, 4, 4), torch.ones(4, 4, dtype=torch.bool).tril()
    return torch.allclose(module(x, x, x, mask), _attended(x, module, lambda s: (s * mask).softmax(dim=-1)))


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


@mistake("weights_detached", checks=("gradients_flow",))
def weights_detached(student, reference, rng):
    mine, right = _modules(rng, 2, student, reference)
    query, key, value = rng.tensor(3, 2, 4, 8)
    found = vjp(mine, query, key, value, cotangent=rng.tensor(2, 4, 8), parameters=True)
    if not torch.allclose(found.value, right(query, key, value)):
        return False
    weights = [found.parameters.get(f"{name}.weight") for name in NAMES]
    reached = [gradient is not None and bool(gradient.any()) for gradient in (*found.args, *weights)]
    return reached == [False, False, True, False, False, True, True]


@mistake("mask_overwritten", checks=("inputs_unchanged",))
def mask_overwritten(student, reference, rng):
    (module,) = _modules(rng, 2, student)
    x, mask, _ = _masked(rng)
    return not torch.equal(observe(module, x, x, x, mask).args_after[3], mask)


@mistake("softmax_over_queries", checks=("scaled_weights",))
def softmax_over_queries(student, reference, rng):
    (module,) = _modules(rng, 1, student)
    x = rng.tensor(2, 5, 4)
    return torch.allclose(module(x, x, x), _attended(x, module, lambda scores: scores.softmax(dim=1)))
