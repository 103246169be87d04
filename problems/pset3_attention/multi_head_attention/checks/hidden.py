"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

Two kinds of input make that possible. In *hard* attention the scores are so far apart that each query takes
exactly one key, whatever the scale. In *uniform* attention all scores are zero, and only the mask decides.
Projections that are not on trial are the identity, and there is one head where heads are not on trial.
"""

import torch

from grader.authoring import check, expect, load_state, observe, state, vjp

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
# Hard attention: a query and a key of this length score 400. Divided by the root of any size used here it
# leaves less than exp(-60) for the other keys, and undivided it is still within the range of exp.
LENGTH = 20.0


def _weights(rng, embed_dim, *, bias=False, **given):
    """A state: the given weights, random ones for the rest, and random biases."""
    weights = {
        f"{name}.weight": given.get(name, rng.tensor(embed_dim, embed_dim, scale=embed_dim**-0.5))
        for name in PROJECTIONS
    }
    biases = {f"{name}.bias": rng.tensor(embed_dim) for name in PROJECTIONS} if bias else {}
    return weights | biases


def _identity(size):
    return torch.eye(size, dtype=torch.float64)


def _module(side, num_heads, weights):
    """A module in float64 with these weights.

    Biases that should not be there are charged in one check; everywhere they are set to zero.
    """
    embed_dim = weights["q_proj.weight"].shape[0]
    module = side.MultiHeadAttention(embed_dim, num_heads, bias="q_proj.bias" in weights)
    module.double()
    found = state(module)
    surplus = {name: torch.zeros_like(found[name]) for name in found if name.endswith(".bias")}
    load_state(module, found | surplus | weights)
    return module


def _expect_same(student, reference, num_heads, weights, *inputs, what="The result"):
    """Student and reference agree on a module with these weights and inputs."""
    wanted = _module(reference, num_heads, weights)(*inputs)
    expect.close(_module(student, num_heads, weights)(*inputs), wanted, what=what, **TOLERANCE)


def _one_hot(targets, size):
    """(...,) → (..., size): LENGTH at the target, else 0."""
    return LENGTH * torch.nn.functional.one_hot(targets, size).double()


def _permutation(rng, count):
    return torch.from_numpy(rng.generator.permutation(count))


def _turning(vectors):
    """(B, n, d) → (B, n, n * d): position i holds vector i + h (counted round) in the block of head h.

    Every head meets the same vectors in another order, and the table of position by head is symmetric: where
    the heads are cut and how they are merged makes no difference.
    """
    batch, count, size = vectors.shape
    position = torch.arange(count)
    return vectors[:, (position[:, None] + position) % count].reshape(batch, count, count * size)


def _turning_mask(rng, length, allowed):
    """(length, length): a random row with ``allowed`` keys, turned by one place from each query to the next.

    Every key is attended by as many queries as a query has keys, so that weights normalised along the wrong
    axis come out the same.
    """
    row = _permutation(rng, length) < allowed
    return torch.stack([row.roll(shift) for shift in range(length)])


@check("The projections are applied, with their biases", points=2)
def projections(student, reference, rng):
    batch, num_heads, head_dim = rng.sizes(3, 2, 5)
    embed_dim = num_heads * head_dim
    for bias in (True, False):
        weights = _weights(rng, embed_dim, bias=bias)
        names = state(student.MultiHeadAttention(embed_dim, num_heads, bias=bias))
        missing = [name for name in weights if name not in names]
        expect.that(not missing, "The module lacks some of the parameters that the handout names.")
        surplus = not bias and any(name.endswith(".bias") for name in names)
        expect.that(not surplus, "With bias=False none of the projections should have a bias.")
        # With one key there is nothing to choose: the result is out_proj(v_proj(value)).
        query, value = rng.tensor(batch, 1, embed_dim), rng.tensor(batch, 1, embed_dim)
        _expect_same(student, reference, num_heads, weights, query, value, value)
    _expect_bias_of_queries(student, reference, rng)


def _expect_bias_of_queries(student, reference, rng):
    """The bias of the queries decides which keys they pick, in hard attention with one head."""
    (length,) = rng.sizes(1, 4, 9)
    identity = _identity(length)
    weights = _weights(rng, length, bias=True, q_proj=identity, k_proj=identity)
    weights["k_proj.bias"] = torch.zeros(length, dtype=torch.float64)
    # Without it all would pick the same key. With it each query picks one and each key is picked once, so
    # that the scale and the axis of the softmax make no difference.
    bias = 1000.0 * (torch.arange(length) != int(rng.integers(0, length))).double()
    weights["q_proj.bias"] = bias
    query = (LENGTH**2 * identity[_permutation(rng, length)] - bias)[None]
    _expect_same(student, reference, 1, weights, query, identity[None], identity[None])


@check("The scores are divided by the root of the head size, and each query's weights sum to one", points=1)
def scaled_weights(student, reference, rng):
    (num_heads,), head_dim = rng.sizes(1, 2, 6), 4  # the root of 4 is exact in float32 too
    embed_dim = num_heads * head_dim
    key = _turning(rng.tensor(2, num_heads, head_dim))
    query = rng.tensor(2, 1, head_dim).repeat(1, num_heads, num_heads)  # the same everywhere
    weights = _weights(rng, embed_dim, **dict.fromkeys(PROJECTIONS, _identity(embed_dim)))
    _expect_same(student, reference, num_heads, weights, query, key, key)


@check("Every head works on its own block of features", points=2)
def heads(student, reference, rng):
    num_heads, length, head_dim = sorted(rng.sizes(3, 2, 7))
    embed_dim = num_heads * head_dim
    # Key j is the j-th unit vector in every head. In each head a query picks another key, one further round
    # from head to head; there are fewer heads than keys.
    choice = torch.stack([_permutation(rng, length) for _ in range(2)])
    targets = (choice[:, None, :] + torch.arange(num_heads)[:, None]) % length  # (B, H, L)
    query = _one_hot(targets, head_dim).transpose(1, 2).reshape(2, length, embed_dim)
    key = _one_hot(torch.arange(length).expand(2, num_heads, length), head_dim)
    key = key.transpose(1, 2).reshape(2, length, embed_dim)
    identity = _identity(embed_dim)
    weights = _weights(rng, embed_dim, q_proj=identity, k_proj=identity, out_proj=identity)
    _expect_same(student, reference, num_heads, weights, query, key, key)


@check("A masked key is as good as absent", points=1)
def masked_keys(student, reference, rng):
    num_heads, head_dim = rng.sizes(2, 3, 7)
    length, embed_dim = num_heads, num_heads * head_dim
    weights = _weights(rng, embed_dim, **dict.fromkeys(PROJECTIONS, _identity(embed_dim)))
    weights["q_proj.weight"] = torch.zeros_like(weights["q_proj.weight"])  # all scores are zero
    x = _turning(rng.tensor(2, length, head_dim))
    # The two sequences' masks differ even in how many keys they allow.
    first, second = (_turning_mask(rng, length, allowed) for allowed in rng.sizes(2, 1, length))
    one_each = torch.stack([first, second])[:, None]
    for mask in (first, one_each, one_each.repeat(1, num_heads, 1, 1)):
        _expect_same(student, reference, num_heads, weights, x, x, x, mask)


@check("A query that may attend to nothing gives zeros, without NaN in any gradient", points=1)
def nothing_allowed(student, reference, rng):
    length, embed_dim = rng.sizes(2, 3, 8)
    module = _module(student, 1, _weights(rng, embed_dim))
    some = torch.ones(length, length, dtype=torch.bool).tril()
    some[1] = False  # one query may attend to nothing
    lengths = torch.tensor([0, length - 1])  # all of the first sequence is padding
    padding = torch.arange(length) < lengths[:, None, None, None]
    for mask, empty in ((some, (slice(None), 1)), (padding, (0,))):
        x = rng.tensor(2, length, embed_dim)
        gradients = vjp(module, x, x, x, mask, cotangent=rng.tensor(2, length, embed_dim), parameters=True)
        expect.shape(gradients.value, (2, length, embed_dim), what="The result")
        expect.finite(gradients.value, what="The result")
        rows, what = gradients.value[empty], "The row of a query that may attend to nothing"
        expect.close(rows, torch.zeros_like(rows), what=what, **TOLERANCE)
        expect.that(gradients.value.any(), "Queries that may attend to some keys should not give zeros.")
        for gradient in (*gradients.args, *gradients.parameters.values()):
            if gradient is not None:
                expect.finite(gradient, what="A gradient")


@check("Queries and keys may differ in number, keys and values in content", points=1)
def cross_attention(student, reference, rng):
    queries, keys, embed_dim = sorted(rng.sizes(3, 2, 9))
    identity = _identity(embed_dim)
    weights = _weights(rng, embed_dim, q_proj=identity, k_proj=identity, out_proj=identity)
    for batch, count in ((2, queries), (1, queries), (2, 1)):
        choice = _permutation(rng, keys)[:count]
        query = _one_hot(choice.expand(batch, count), embed_dim)
        key = _one_hot(torch.arange(keys).expand(batch, keys), embed_dim)
        # A key that no query picks has the value zero: weights along the wrong axis do no harm there.
        value = torch.zeros(batch, keys, embed_dim, dtype=torch.float64)
        value[:, choice] = rng.tensor(batch, count, embed_dim)
        apart_in_memory = value.transpose(0, 2).contiguous().transpose(0, 2)
        _expect_same(student, reference, 1, weights, query, key, apart_in_memory)


@check("Gradients flow to the inputs and to every parameter", points=1)
def gradients_flow(student, reference, rng):
    # Judged by the slope of the student's own result, so that a wrong result is not charged again.
    num_heads, head_dim, length = rng.sizes(3, 2, 6)
    length += 2  # with four keys or more, two are allowed and two are not: there is a choice either way
    embed_dim, step = num_heads * head_dim, 1e-5
    weights = _weights(rng, embed_dim)
    inputs = {name: rng.tensor(2, length, embed_dim) for name in ("query", "key", "value")}
    mask, cotangent = _turning_mask(rng, length, 2), rng.tensor(2, length, embed_dim)
    module = _module(student, num_heads, weights)
    loaded = state(module)
    found = vjp(module, *inputs.values(), mask, cotangent=cotangent, parameters=True)
    expect.shape(found.value, tuple(cotangent.shape), what="The result")
    gradients = dict(zip(inputs, found.args, strict=False)) | found.parameters

    def result(point):
        load_state(module, loaded | {name: point[name] for name in weights})
        return module(*(point[name] for name in inputs), mask)

    point, slopes = inputs | weights, {}
    for name, tensor in point.items():
        direction = rng.tensor(*tensor.shape, scale=tensor.numel() ** -0.5)  # about of length one
        up, down = (result(point | {name: tensor + sign * step * direction}) for sign in (1, -1))
        slopes[name] = float(((up - down) * cotangent).sum() / (2 * step))
        gradient = gradients.get(name)  # None where the result does not depend on it
        along = 0.0 if gradient is None else float((gradient * direction).sum())
        # A central difference is off by about step squared, plus rounding divided by the step.
        expect.close(along, slopes[name], what=f"The gradient of {name}", rtol=1e-6, atol=1e-8)
    depends = all(abs(slopes[name]) > 1e-9 for name in ("query", "key"))
    expect.that(depends, "The result does not depend on both the queries and the keys.")


@check("Large scores do not overflow", points=0.5)
def large_scores(student, reference, rng):
    (length,) = rng.sizes(1, 3, 8)
    embed_dim = length + 1
    weights = _weights(rng, embed_dim, q_proj=_identity(embed_dim), k_proj=_identity(embed_dim))
    weights["out_proj.weight"] = _identity(embed_dim)
    choice = _permutation(rng, length)
    # The last feature adds the same to all scores. Far above zero exp overflows; far below all vanish.
    for score, added in ((1e4, 0.0), (1e4, -2e4)):
        query = _one_hot(choice.expand(2, length), embed_dim) * (score / LENGTH)
        query[..., -1] = added
        key = _one_hot(torch.arange(length).expand(2, length), embed_dim) / LENGTH
        key[..., -1] = 1.0
        _expect_same(student, reference, 1, weights, query, key, key)


@check("The call leaves its inputs and the mask unchanged", points=0.5)
def inputs_unchanged(student, reference, rng):
    num_heads, head_dim, length = rng.sizes(3, 3, 6)  # with three keys some query has a choice of two
    embed_dim = num_heads * head_dim
    module = _module(student, num_heads, _weights(rng, embed_dim))
    mask = torch.ones(length, length, dtype=torch.bool).tril(-1)  # the first query may attend to nothing
    inputs = tuple(rng.tensor(2, length, embed_dim) for _ in range(3))
    observation = observe(module, *inputs, mask)
    expect.unchanged(observation, (*inputs, mask), what=("query", "key", "value", "mask"))
    # Nothing is earned by a module that attends to nothing: repr compares whatever plain values came back.
    query, key, value = inputs
    differs = repr(module(query, 2 * key, value, mask)) != repr(observation.value)
    expect.that(differs, "The module gives the same answer for two different keys.")
