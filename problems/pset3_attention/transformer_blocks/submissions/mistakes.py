"""How to recognise mistakes that are random, and arrangements that one check alone does not tell apart.

One of the two blocks may be right: a mistake is told that is made in either.
"""

import torch

from grader.authoring import load_state, mistake, state

SIZES = (6, 2, 1)  # embed_dim, num_heads, hidden_dim
KINDS = ("EncoderBlock", "DecoderBlock")


def _weights(rng, like, *, at_work):
    """Random weights for a block like this one, in which of all sublayers only ``at_work`` does not give zero."""
    weights = {name: rng.tensor(*tensor.shape) for name, tensor in state(like).items()}
    for name, tensor in weights.items():
        if name.endswith(("out_proj.weight", "out_proj.bias")) or name.startswith("linear2"):
            if not name.startswith(at_work) or name.endswith("bias"):
                tensor.zero_()
    weights["linear1.bias"] += 30.0  # the hidden unit is never cut off
    return weights


def _block(side, kind, weights, **options):
    block = getattr(side, kind)(*SIZES, **options)
    block.double()
    load_state(block, state(block) | weights)
    return block


def _blocks(student, reference, rng, kind="EncoderBlock", at_work="linear2", **options):
    """The two sides' blocks with the same random weights, in which one sublayer alone is at work."""
    like = getattr(reference, kind)(*SIZES)
    like.double()
    weights = _weights(rng, like, at_work=at_work)
    return [_block(side, kind, weights, **options) for side in (student, reference)]


def _inputs(rng, kind, batch=2, length=3):
    return [rng.tensor(batch, length, SIZES[0]) for _ in range(1 + (kind == "DecoderBlock"))]


def _same(one, other):
    return bool(torch.allclose(one, other, rtol=1e-9, atol=1e-9))


def _arrangements(student, reference, rng):
    """For each kind of block, and norm_first=True and False, the norm_first with which the reference gives the
    student's answer."""
    found = []
    for kind in KINDS:
        like = getattr(reference, kind)(*SIZES)
        like.double()
        weights, inputs = _weights(rng, like, at_work="linear2"), _inputs(rng, kind)
        right = {first: _block(reference, kind, weights, norm_first=first)(*inputs) for first in (True, False)}
        got = [_block(student, kind, weights, norm_first=asked)(*inputs) for asked in (True, False)]
        found.append([next((first for first in right if _same(each, right[first])), None) for each in got])
    return found


def _all_or_some(found, mistaken):
    """Whether one kind of block is mistaken so, and the other too, or right."""
    return mistaken in found and all(each in (mistaken, [True, False]) for each in found)


@mistake("norm_always_last", checks=("norm_first",))
def norm_always_last(student, reference, rng):
    return _all_or_some(_arrangements(student, reference, rng), [False, False])


@mistake("norm_always_first", checks=("norm_last",))
def norm_always_first(student, reference, rng):
    return _all_or_some(_arrangements(student, reference, rng), [True, True])


@mistake("norm_first_inverted", checks=("norm_first", "norm_last"))
def norm_first_inverted(student, reference, rng):
    return _all_or_some(_arrangements(student, reference, rng), [False, True])


@mistake("dropout_in_eval_mode", checks=("dropout_in_eval_mode",))
def dropout_in_eval_mode(student, reference, rng):
    for kind in KINDS:
        block, inputs = getattr(student, kind)(*SIZES, dropout=0.5), _inputs(rng, kind, 4, 5)
        block.double()
        load_state(block, {name: rng.tensor(*tensor.shape) for name, tensor in state(block).items()})
        block.eval()
        if not _same(block(*inputs), block(*inputs)):
            return True
    return False


@mistake("dropout_of_the_sum", checks=("dropout_in_training",))
def dropout_of_the_sum(student, reference, rng):
    block, _ = _blocks(student, reference, rng, dropout=1.0)
    return not block(*_inputs(rng, "EncoderBlock")).any()


def _ratios(student, reference, rng, at_work):
    """By what each number of a sublayer's result is multiplied, with dropout=0.25 in training."""
    x = rng.tensor(8, 9, SIZES[0])
    block, right = _blocks(student, reference, rng, at_work=at_work, dropout=0.25)
    right.eval()
    return (block(x) - x) / (right(x) - x)


def _is(ratios, value):
    return torch.isclose(ratios, ratios.new_tensor(value), atol=1e-6)


@mistake("dropout_forgotten", checks=("dropout_in_training",))
def dropout_forgotten(student, reference, rng):
    layers = ("linear2", "self_attention")
    return all(bool(_is(_ratios(student, reference, rng, layer), 1.0).all()) for layer in layers)


@mistake("dropout_of_the_feed_forward_forgotten", checks=("dropout_in_training",))
def dropout_of_the_feed_forward_forgotten(student, reference, rng):
    if not _is(_ratios(student, reference, rng, "linear2"), 1.0).all():
        return False
    attention = _ratios(student, reference, rng, "self_attention")
    kept, dropped = _is(attention, 4 / 3), _is(attention, 0.0)
    return bool((kept | dropped).all() and kept.any() and dropped.any())


@mistake("dropout_probability_of_keeping", checks=("dropout_in_training",))
def dropout_probability_of_keeping(student, reference, rng):
    ratios = _ratios(student, reference, rng, "linear2")
    kept, dropped = _is(ratios, 4.0), _is(ratios, 0.0)
    return bool((kept | dropped).all() and kept.any() and dropped.any())


@mistake("dropout_of_the_attention_weights", checks=("dropout_in_training",))
def dropout_of_the_attention_weights(student, reference, rng):
    fed = _ratios(student, reference, rng, "linear2")
    if not (_is(fed, 4 / 3) | _is(fed, 0.0)).all():
        return False
    block, right = _blocks(student, reference, rng, at_work="self_attention", dropout=0.25)
    (x,) = _inputs(rng, "EncoderBlock")
    for one in (block, right):
        one.eval()
    if not _same(block(x), right(x)):
        return False
    attention = _ratios(student, reference, rng, "self_attention")
    return bool(_is(attention, 0.0).any() and not _is(attention, 4 / 3).any())


@mistake("dropout_between_the_linear_layers", checks=("dropout_in_training",))
def dropout_between_the_linear_layers(student, reference, rng):
    ratios = _ratios(student, reference, rng, "linear2")
    # What stays behind both dropouts was divided twice, and of what one drops nothing stays.
    once, twice, never = (_is(ratios, value) for value in (4 / 3, 16 / 9, 0.0))
    return bool((twice | never).all() and twice.any() and never.any() and not once.any())
