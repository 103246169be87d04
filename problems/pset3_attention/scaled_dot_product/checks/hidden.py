"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The scale is judged by ratios of weights that no normalisation changes; masks by scores that are all zero,
with as many keys for each query as queries for each key; the output by the student's own weights; gradients
by difference quotients of the student's own forward pass.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("output", "weights")
STEP = 1e-5


def _attend(student, q, k, v, mask=None):
    """(output, weights) of the right shapes."""
    found = student.attention(q, k, v) if mask is None else student.attention(q, k, v, mask)
    two = isinstance(found, tuple | list) and len(found) == 2
    expect.that(two, "attention must return two things (output, weights).")
    expect.shape(found[0], (*q.shape[:-1], v.shape[-1]), what="output")
    expect.shape(found[1], (*q.shape[:-1], k.shape[-2]), what="weights")
    return found


def _inputs(rng, *front):
    """q, k, v with these axes in front; the four sizes of the others all differ."""
    queries, keys, features, value_features = rng.sizes(4, 3, 9)
    shapes = ((queries, features), (keys, features), (keys, value_features))
    return tuple(rng.normal(*front, *shape) for shape in shapes)


def _some(rng, queries, keys):
    """A random mask of this shape that leaves each query at least one key."""
    mask = rng.mask(queries, keys)
    mask[np.arange(queries), rng.integers(0, keys, (queries,))] = True
    return mask


def _turning(rng, length, allowed):
    """(length, length): each query has ``allowed`` keys, each key as many queries."""
    row = rng.generator.permutation(length) < allowed
    return np.stack([np.roll(row, shift) for shift in range(length)])


def _agreement(student, rng, arrays, mask, which):
    """(name, slope along a direction by the gradient, slope by the student's own forward pass), several."""
    doutput = rng.normal(*arrays[0].shape[:-1], arrays[2].shape[-1])
    more = () if mask is None else (mask,)
    gradients = student.attention_backward(doutput, *arrays, *more)
    three = isinstance(gradients, tuple | list) and len(gradients) == 3
    expect.that(three, "attention_backward must return three things (dq, dk, dv).")
    pairs = []
    for number in which:
        name = ("dq", "dk", "dv")[number]
        expect.shape(gradients[number], arrays[number].shape, what=name)
        for _ in range(2):
            direction, ends = rng.normal(*arrays[number].shape, scale=arrays[number].size ** -0.5), []
            for sign in (1, -1):
                moved = list(arrays)
                moved[number] = moved[number] + sign * STEP * direction
                ends.append(float((_attend(student, *moved, *more)[0] * doutput).sum()))
            along = float((gradients[number] * direction).sum())
            pairs.append((name, along, (ends[0] - ends[1]) / (2 * STEP)))
    return pairs


def _expect_agreement(pairs):
    depends = any(abs(slope) > 1e-9 for _, _, slope in pairs)
    expect.that(depends, "The output does not depend on all of q, k and v.")
    for name, along, slope in pairs:
        # A central difference is off by about the step squared, plus rounding divided by the step.
        expect.close(along, slope, what=f"{name}, along a direction", rtol=1e-6, atol=1e-8)


@check("The scores are products of queries and keys, divided by the root of the number of features", points=1)
def scaled(student, reference, rng):
    for front in ((3,), (2, 3)):
        q, k, v = _inputs(rng, *front)
        (_, mine), (_, right) = (_attend(side, q, k, v) for side in (student, reference))
        positive = bool((np.isfinite(mine) & (mine > 0)).all())
        expect.that(positive, "Without a mask all weights should be positive.")
        if len(front) == 2 and not np.allclose(mine.sum(axis=-1), 1.0):
            return  # a softmax over an axis in front is charged below
        # A weight is exp(score) over a sum. In the logarithms a sum adds the same to a row (or, over the
        # wrong axis, to a column): without the means of rows and columns it is gone.
        logarithms = [np.log(weights) for weights in (mine, right)]
        for axis in (-1, -2):
            logarithms = [each - each.mean(axis=axis, keepdims=True) for each in logarithms]
        expect.close(logarithms[0], logarithms[1], what="The logarithms of the weights, centred", **TOLERANCE)


@check("The weights of each query sum to one", points=1)
def normalised(student, reference, rng):
    for front in ((), (1,), (3,), (2, 3)):
        q, k, v = _inputs(rng, *front)
        for queries in (q, q[..., :1, :]):
            _, weights = _attend(student, queries, k, v)
            sums = np.asarray(weights).sum(axis=-1)
            expect.close(sums, np.ones_like(sums), what="The sum of a query's weights", **TOLERANCE)
            expect.that((weights >= 0).all(), "No weight should be negative.")


@check("The output is the sum of the values by their weights", points=0.5)
def output(student, reference, rng):
    for front in ((), (2, 3)):
        q, k, v = _inputs(rng, *front)
        for mask in (None, _some(rng, q.shape[-2], k.shape[-2])):
            got, weights = _attend(student, q, k, rng.permuted(v), mask)
            expect.that(np.any(weights), "All weights are zero.")
            expect.close(got, weights @ v, what="output", **TOLERANCE)


@check("Weights are shared among the keys that the mask allows, and zero elsewhere", points=1.5)
def masked_keys(student, reference, rng):
    batch, length, features = rng.sizes(3, 5, 9)
    q, k, v = np.zeros((batch, length, features)), *rng.normal(2, batch, length, features)
    masks = [_turning(rng, length, allowed) for allowed in rng.sizes(2, 2, length - 1)]
    # As many sequences as queries: a mask for all of them cannot pass for one row each.
    many = np.zeros((length, length, features)), *rng.normal(2, length, length, features)
    several = np.stack([masks[index % 2] for index in range(batch)])
    for arrays, mask in ((many, masks[0]), ((q, k, v), several)):
        wanted = reference.attention(*arrays, mask)[1]
        expect.close(_attend(student, *arrays, mask)[1], wanted, what="weights", **TOLERANCE)
    # One row for each sequence is the same as that row for each query, by the student's own answers.
    row = np.concatenate([_some(rng, 1, length)[None] for _ in range(batch)])
    q = rng.normal(batch, length, features)
    got = _attend(student, q, k, v, row)[1]
    wanted = _attend(student, q, k, v, np.repeat(row, length, axis=1))[1]
    expect.close(got, wanted, what="weights with a mask of shape (B, 1, Lk)", **TOLERANCE)


@check("A query that may attend to nothing gets zeros, and no gradient is NaN", points=1)
def nothing_allowed(student, reference, rng):
    q, k, v = _inputs(rng, 2)
    queries, keys = q.shape[-2], k.shape[-2]
    some = _some(rng, queries, keys)
    some[queries // 2] = False
    for mask, empty in ((some, (slice(None), queries // 2)), (np.arange(keys) < [[[0]], [[keys]]], (0,))):
        for got, name in zip(_attend(student, q, k, v, mask), NAMES, strict=True):
            expect.finite(got, what=name)
            what = f"{name} of a query that may attend to nothing"
            expect.close(got[empty], np.zeros_like(got[empty]), what=what, **TOLERANCE)
            expect.that(np.any(got), f"{name} is zero for queries that may attend to some keys.")
        gradients = student.attention_backward(rng.normal(*q.shape[:-1], v.shape[-1]), q, k, v, mask)
        for gradient in gradients:
            expect.finite(gradient, what="A gradient")
        expect.that(np.any(gradients[2]), "dv is zero although some keys are attended to.")


@check("Scores as large as a hundred thousand neither overflow nor let a masked key in", points=1)
def large_scores(student, reference, rng):
    (length,) = rng.sizes(1, 4, 8)
    first = rng.generator.permutation(length)
    chosen, other = (np.eye(length)[(first + turn) % length] for turn in (0, 1))
    v = rng.normal(length, 3)

    def weights(scores, mask=None):
        return _attend(student, scores * np.sqrt(length), np.eye(length), v, mask)[1]

    # Every query takes one key and every key one query, however the scores are scaled and whichever way the
    # weights are normalised. Far above zero exp overflows; far below all of them vanish.
    for added in (0.0, -3e4):
        expect.close(weights(1e4 * chosen + added), chosen, what="weights of large scores", **TOLERANCE)
    mask = other == 0
    small = weights(2.0 * chosen + 3.0 * other, mask)
    if np.any(small[~mask]) or not np.allclose(small.sum(axis=-1), 1.0):
        return  # masks as such, and sums, are charged above
    for added in (0.0, -6e4):
        got = weights(1e4 * chosen + 4e4 * other + added, mask)
        expect.close(got, chosen, what="weights where the masked scores are the largest", **TOLERANCE)
    if not np.allclose(weights(rng.normal(length, length)).sum(axis=-1), 1.0):
        return
    rows = -1e4 * np.arange(length)[:, None]
    got = weights(1e4 * chosen + rows)
    expect.close(got, chosen, what="weights where one query's scores are far below another's", **TOLERANCE)


@check(
    "The causal mask lets a query see its own position and those before, also where there are more keys",
    points=0.5,
)
def causal(student, reference, rng):
    few, many = sorted(rng.sizes(2, 3, 9))
    for queries, keys in ((few, few), (few, many), (1, many), (1, 1)):
        wanted = reference.causal_mask(queries, keys)
        expect.equal(student.causal_mask(queries, keys), wanted, what="The causal mask")


@check("The padding mask is True for the keys within each sequence's length", points=0.5)
def padding(student, reference, rng):
    batch, keys = rng.sizes(2, 4, 9)
    for lengths in (
        rng.generator.permutation(np.r_[0, keys, 1, rng.integers(1, keys, (batch,))]),
        np.array([keys - 1]),
    ):
        wanted = reference.padding_mask(lengths, keys)
        expect.equal(student.padding_mask(lengths, keys), wanted, what="The padding mask")


@check("The gradient with respect to the values is right", points=0.5)
def gradient_of_values(student, reference, rng):
    for front in ((), (2, 3)):
        _expect_agreement(_agreement(student, rng, _inputs(rng, *front), None, (2,)))


@check("The gradients with respect to queries and keys are right", points=1.5)
def gradients_of_scores(student, reference, rng):
    for front in ((), (2, 3)):
        _expect_agreement(_agreement(student, rng, _inputs(rng, *front), None, (0, 1)))


@check("Gradients take the mask into account", points=0.5)
def gradients_with_a_mask(student, reference, rng):
    arrays = _inputs(rng, 2)
    mask = _some(rng, arrays[0].shape[-2], arrays[1].shape[-2])
    mask[0] = np.arange(mask.shape[1]) < 1  # one query has a single key: there is always something masked
    plain = _agreement(student, rng, arrays, None, (0, 1, 2))
    right = {name for name, along, slope in plain if np.isclose(along, slope, rtol=1e-6, atol=1e-8)}
    wrong = {name for name, along, slope in plain if not np.isclose(along, slope, rtol=1e-6, atol=1e-8)}
    which = [number for number, name in enumerate(("dq", "dk", "dv")) if name in right - wrong]
    expect.that(bool(which), "None of the gradients is right even without a mask.")
    _expect_agreement(_agreement(student, rng, arrays, mask, which))


@check("Arguments stay unchanged, and float32 stays float32", points=0.5)
def unchanged_and_float32(student, reference, rng):
    for dtype in (np.float64, np.float32):
        q, k, v = (array.astype(dtype) for array in _inputs(rng, 2))
        mask = _some(rng, q.shape[-2], k.shape[-2])
        mask[0] = False
        doutput = rng.normal(*q.shape[:-1], v.shape[-1]).astype(dtype)
        for function, names, arguments in (
            ("attention", ("q", "k", "v", "mask"), (q, k, v, mask)),
            ("attention_backward", ("doutput", "q", "k", "v", "mask"), (doutput, q, k, v, mask)),
        ):
            observation = observe(getattr(student, function), *arguments)
            expect.unchanged(observation, arguments, what=names)
            earned = any(np.any(part) for part in observation.value)
            expect.that(earned, f"The results of {function} are zero everywhere.")
            for part in observation.value:
                same = np.asarray(part).dtype == dtype
                expect.that(same, f"The results of {function} should have the dtype of its arguments.")
