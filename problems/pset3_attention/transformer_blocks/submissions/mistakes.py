"""How to recognise mistakes that are random, and arrangements that one check alone does not tell apart."""

import torch

from grader.authoring import load_state, mistake, state

SIZES = (6, 2, 1)  # embed_dim, num_heads, hidden_dim


def _blocks(student, reference, rng, **options):
    """The two sides' encoder blocks with the same random weights, in which attention gives zero."""
    blocks = [side.EncoderBlock(*SIZES, **options) for side in (student, reference)]
    for block in blocks:
        block.double()
    weights = {name: rng.tensor(*tensor.shape) for name, tensor in state(blocks[1]).items()}
    for name in ("self_attention.out_proj.weight", "self_attention.out_proj.bias", "linear2.bias"):
        weights[name].zero_()
    weights["linear1.bias"] += 30.0  # the hidden unit is never cut off
    for block in blocks:
        load_state(block, state(block) | weights)
    return blocks


def _same(one, other):
    return bool(torch.allclose(one, other, rtol=1e-9, atol=1e-9))


def _arrangements(student, reference, rng):
    """For norm_first=True and False, the norm_first with which the reference gives the student's answer."""
    found = []
    for asked in (True, False):
        x = rng.tensor(2, 3, SIZES[0])
        mine, right = _blocks(student, reference, rng, norm_first=asked)
        other = reference.EncoderBlock(*SIZES, norm_first=not asked)
        other.double()
        load_state(other, state(right))
        got = mine(x)
        found.append(asked if _same(got, right(x)) else not asked if _same(got, other(x)) else None)
    return found


@mistake("norm_always_last", checks=("norm_first",))
def norm_always_last(student, reference, rng):
    return _arrangements(student, reference, rng) == [False, False]


@mistake("norm_always_first", checks=("norm_last",))
def norm_always_first(student, reference, rng):
    return _arrangements(student, reference, rng) == [True, True]


@mistake("norm_first_inverted", checks=("norm_first", "norm_last"))
def norm_first_inverted(student, reference, rng):
    return _arrangements(student, reference, rng) == [False, True]


@mistake("dropout_in_eval_mode", checks=("dropout_in_eval_mode",))
def dropout_in_eval_mode(student, reference, rng):
    x = rng.tensor(4, 5, SIZES[0])
    block, _ = _blocks(student, reference, rng, dropout=0.5)
    block.eval()
    return not _same(block(x), block(x))


@mistake("dropout_of_the_sum", checks=("dropout_in_training",))
def dropout_of_the_sum(student, reference, rng):
    block, _ = _blocks(student, reference, rng, dropout=1.0)
    return not block(rng.tensor(2, 3, SIZES[0])).any()


@mistake("dropout_between_the_linear_layers", checks=("dropout_in_training",))
def dropout_between_the_linear_layers(student, reference, rng):
    x = rng.tensor(8, 9, SIZES[0])
    block, right = _blocks(student, reference, rng, dropout=0.25)
    right.eval()
    ratios = (block(x) - x) / (right(x) - x)
    # What stays behind both dropouts was divided twice, and of what one drops nothing stays.
    once, twice, never = (torch.isclose(ratios, ratios.new_tensor(value), atol=1e-6) for value in (4 / 3, 16 / 9, 0.0))
    return bool((twice | never).all() and twice.any() and never.any() and not once.any())
