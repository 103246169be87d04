"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The arrangement is judged where all tokens are equal, so that masks do not matter, and where the hidden units
are far above zero, so that the activation does not. Everything else is judged with one sublayer at work, on
tokens that a norm leaves as they are, and an answer may have either arrangement. Of the decoder's tokens only
the last is looked at where the causal mask is not on trial; in cross-attention all but the first, which
alone may have nothing to attend to before.
"""

import torch

from grader.authoring import check, expect, load_state, observe, state

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-9}
# Tokens of this deviation, and norms with this weight: what a norm adds to the variance does not show.
SIZE = 1e3
NEAR = {"rtol": 1e-8, "atol": 1e-5}
LAYERS = {
    "EncoderBlock": ("self_attention", "feed_forward"),
    "DecoderBlock": ("self_attention", "cross_attention", "feed_forward"),
}


def _shapes(kind, embed_dim, hidden_dim):
    shapes = {
        "linear1.weight": (hidden_dim, embed_dim),
        "linear1.bias": (hidden_dim,),
        "linear2.weight": (embed_dim, hidden_dim),
        "linear2.bias": (embed_dim,),
    }
    for number, layer in enumerate(LAYERS[kind], 1):
        shapes |= {f"norm{number}.weight": (embed_dim,), f"norm{number}.bias": (embed_dim,)}
        if layer.endswith("attention"):
            shapes |= {
                f"{layer}.in_proj_weight": (3 * embed_dim, embed_dim),
                f"{layer}.in_proj_bias": (3 * embed_dim,),
                f"{layer}.out_proj.weight": (embed_dim, embed_dim),
                f"{layer}.out_proj.bias": (embed_dim,),
            }
    return shapes


def _random_weights(rng, kind, embed_dim, hidden_dim):
    shapes = _shapes(kind, embed_dim, hidden_dim)
    return {name: rng.tensor(*shape, scale=embed_dim**-0.5) for name, shape in shapes.items()}


def _only(rng, kind, layer, embed_dim, hidden_dim):
    """Weights with which one sublayer is at work, and norms that leave tokens of deviation SIZE alone."""
    weights = _random_weights(rng, kind, embed_dim, hidden_dim)
    for name, tensor in weights.items():
        if name.startswith("norm"):
            tensor.fill_(SIZE if name.endswith("weight") else 0.0)
        elif name.endswith("in_proj_weight"):
            tensor[: 2 * embed_dim] /= SIZE  # scores are small although tokens are large
        last = "linear2" if layer == "feed_forward" else f"{layer}.out_proj"
        if ("out_proj" in name or "linear2" in name) and not name.startswith(last):
            tensor.zero_()
    return weights


def _tokens(rng, *shape):
    """Random tokens that such a norm leaves as they are."""
    x = rng.tensor(*shape)
    x = x - x.mean(dim=-1, keepdim=True)
    return SIZE * x / x.std(dim=-1, correction=0, keepdim=True)


def _block(side, kind, num_heads, weights, **options):
    """A block in float64 with these weights. What it has beside them keeps its initial values."""
    hidden_dim, embed_dim = weights["linear1.weight"].shape
    block = getattr(side, kind)(embed_dim, num_heads, hidden_dim, **options)
    block.double()
    found = state(block)
    missing = [name for name in weights if name not in found]
    expect.that(not missing, "A block lacks some of the parameters that the handout names.")
    load_state(block, found | weights)
    return block


def _sizes(rng):
    """(num_heads, embed_dim, hidden_dim)."""
    num_heads, head_dim = rng.sizes(2, 2, 5)
    return num_heads, num_heads * head_dim, num_heads * head_dim + rng.sizes(1, 2, 9)[0]


def _expect_either(student, reference, kind, num_heads, weights, inputs, *, look, what):
    """The student's answer is right where ``look`` looks, with the norm first or with the norm last."""
    got = _block(student, kind, num_heads, weights)(*inputs)
    expect.shape(got, tuple(inputs[0].shape), what=what)
    wanted = {
        first: _block(reference, kind, num_heads, weights, norm_first=first)(*inputs)
        for first in (True, False)
    }
    last = bool(torch.allclose(look(got), look(wanted[False]), **NEAR))
    expect.close(look(got), look(wanted[not last]), what=what, **NEAR)


def _last(result):
    return result[:, -1]


def _all(result):
    return result


def _all_but_the_first(result):
    return result[:, 1:]


def _expect_arrangement(student, reference, rng, *, norm_first):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    length = rng.sizes(1, 2, 6)[0]
    for kind in LAYERS:
        weights = _random_weights(rng, kind, embed_dim, hidden_dim)
        weights["linear1.bias"] += 60.0  # no hidden unit is cut off
        if kind == "DecoderBlock":  # whatever is asked of whom, cross-attention gives its bias
            weights["cross_attention.out_proj.weight"].zero_()
        inputs = [rng.tensor(1, 1, embed_dim).repeat(1, length, 1) for _ in LAYERS[kind][1:]]
        mine, right = (
            _block(side, kind, num_heads, weights, norm_first=norm_first)(*inputs)
            for side in (student, reference)
        )
        expect.shape(mine, (1, length, embed_dim), what=f"The result of {kind}")
        expect.close(_last(mine), _last(right), what=f"The last token after {kind}", **TOLERANCE)


@check("With norm_first, each sublayer works on what its norm makes of x, and adds to x itself", points=2)
def norm_first(student, reference, rng):
    _expect_arrangement(student, reference, rng, norm_first=True)


@check("Without norm_first, each addition is followed by its norm", points=1.5)
def norm_last(student, reference, rng):
    _expect_arrangement(student, reference, rng, norm_first=False)


@check("The feed-forward network is two linear layers with a ReLU between them", points=1)
def feed_forward(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    for kind in LAYERS:
        weights = _only(rng, kind, "feed_forward", embed_dim, hidden_dim)
        weights["linear1.weight"] /= SIZE  # about one before the activation, where activations differ
        weights["linear2.weight"] *= SIZE
        inputs = [_tokens(rng, 2, 4, embed_dim) for _ in LAYERS[kind][1:]]
        what = f"The result of {kind} with only its feed-forward network at work"
        _expect_either(student, reference, kind, num_heads, weights, inputs, look=_last, what=what)


@check("In the encoder every token attends to all that are real, and to no filling", points=1.5)
def filling(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    batch, length = rng.sizes(2, 3, 7)
    weights = _only(rng, "EncoderBlock", "self_attention", embed_dim, hidden_dim)
    x = _tokens(rng, batch, length, embed_dim)
    mask = torch.from_numpy(rng.mask(batch, length))
    mask[:, 0], mask[0, -1], mask[1, -1] = True, True, False
    for inputs, look in (((x,), _all), ((x, mask), lambda result: result[mask])):
        what = "The result of EncoderBlock with only its self-attention at work"
        _expect_either(student, reference, "EncoderBlock", num_heads, weights, inputs, look=look, what=what)


@check("In the decoder a token attends to itself and to those before it", points=1)
def causal(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    batch, length = rng.sizes(2, 3, 7)
    weights = _only(rng, "DecoderBlock", "self_attention", embed_dim, hidden_dim)
    inputs = [_tokens(rng, batch, length, embed_dim) for _ in range(2)]
    what = "The result of DecoderBlock with only its self-attention at work"
    _expect_either(student, reference, "DecoderBlock", num_heads, weights, inputs, look=_all, what=what)


@check("In cross-attention the target asks, and the whole memory answers", points=1)
def cross_attention(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    batch, length = rng.sizes(2, 3, 6)
    weights = _only(rng, "DecoderBlock", "cross_attention", embed_dim, hidden_dim)
    for words in (length, length + 3, 1):
        inputs = [_tokens(rng, batch, length, embed_dim), rng.tensor(batch, words, embed_dim, scale=3 * SIZE)]
        what = "The result of DecoderBlock with only its cross-attention at work"
        look = _all_but_the_first
        _expect_either(student, reference, "DecoderBlock", num_heads, weights, inputs, look=look, what=what)


@check("Filling in the memory is as good as absent", points=0.5)
def filling_in_memory(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    length = rng.sizes(1, 4, 8)[0]
    block = _block(
        student,
        "DecoderBlock",
        num_heads,
        _only(rng, "DecoderBlock", "cross_attention", embed_dim, hidden_dim),
    )
    x, memory = _tokens(rng, 2, length, embed_dim), rng.tensor(2, length, embed_dim, scale=SIZE)
    mask = torch.from_numpy(rng.mask(2, length))
    mask[:, 1], mask[0, -1], mask[1, 0], mask[1, -1] = True, False, False, True
    got = block(x, memory, mask)
    expect.shape(got, tuple(x.shape), what="The result")
    for number in range(2):
        # By the student's own answer to a memory from which the filling was deleted.
        one = slice(number, number + 1)
        wanted = block(x[one], memory[one][:, mask[number]])
        expect.close(_last(got[one]), _last(wanted), what="The result with filling in the memory", **NEAR)
    expect.that(_last(block(x, -memory, mask)).ne(_last(got)).any(), "The memory makes no difference.")


@check("In training, dropout acts on what a sublayer gives, before the addition", points=0.5)
def dropout_in_training(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    for kind, layers in LAYERS.items():
        inputs = [_tokens(rng, 5, 6, embed_dim) for _ in layers[1:]]
        x = inputs[0]
        for layer in layers:
            weights = _only(rng, kind, layer, embed_dim, hidden_dim)
            all_dropped = _last(_block(student, kind, num_heads, weights, dropout=1.0)(*inputs))
            # Either arrangement leaves these tokens alone when nothing is added to them.
            expect.close(all_dropped, _last(x), what=f"The result of {kind} with dropout=1", **NEAR)
            plain = _last(_block(student, kind, num_heads, weights)(*inputs)) - _last(x)
            right = _last(_block(reference, kind, num_heads, weights)(*inputs)) - _last(x)
            if not torch.allclose(plain, right, **NEAR):
                continue  # with the norm last, or wrong for other reasons, what was dropped cannot be told
            partly = _last(_block(student, kind, num_heads, weights, dropout=0.25)(*inputs)) - _last(x)
            kept = torch.isclose(partly, plain / 0.75, rtol=1e-7, atol=1e-5)
            dropped = partly.abs() < 1e-5
            sentence = (
                "In training each number of a sublayer's result should be dropped, or divided by 1 - dropout."
            )
            expect.that((kept | dropped).all(), sentence)
            expect.that(kept.any(), "With dropout=0.25 everything is dropped.")


@check("In eval mode nothing is dropped", points=0.5)
def dropout_in_eval_mode(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    for kind, layers in LAYERS.items():
        weights = _random_weights(rng, kind, embed_dim, hidden_dim)
        inputs = [rng.tensor(2, 4, embed_dim) for _ in layers[1:]]
        wanted = _last(_block(student, kind, num_heads, weights)(*inputs))
        block = _block(student, kind, num_heads, weights, dropout=0.5)
        block(*inputs)  # once in training
        block.eval()
        expect.close(_last(block(*inputs)), wanted, what=f"The result of {kind} in eval mode", **TOLERANCE)


@check("The blocks leave their inputs unchanged", points=0.5)
def inputs_unchanged(student, reference, rng):
    num_heads, embed_dim, hidden_dim = _sizes(rng)
    mask = torch.tensor([[True, True, False], [True, False, True]])
    for kind, names in (("EncoderBlock", ("x", "mask")), ("DecoderBlock", ("x", "memory", "memory_mask"))):
        weights = _random_weights(rng, kind, embed_dim, hidden_dim)
        inputs = (*(rng.tensor(2, 3, embed_dim) for _ in names[1:]), mask)
        for first in (True, False):
            block = _block(student, kind, num_heads, weights, norm_first=first)
            observation = observe(block, *inputs)
            expect.unchanged(observation, inputs, what=names)
            expect.shape(observation.value, tuple(inputs[0].shape), what=f"The result of {kind}")
            changed = _last(observation.value).ne(_last(inputs[0])).any()
            expect.that(changed, f"{kind} gives back what it is given.")
