"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

Additive scores are judged for one sentence; that each sentence of a batch has its own state, by the student's
own answers for one sentence at a time. Weights are judged where nothing is filling; what filling does, by the
student's own weights of the source without it.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
STEP = 1e-5
GRADIENTS = ("dstate", "dmemory", "dW", "dU", "dv")


def _additive(rng, batch, words):
    """(state, memory, W, U, v), unsaturated; the numbers of features all differ."""
    state, source, hidden = rng.sizes(3, 2, 7)
    return (
        rng.normal(batch, state),
        rng.normal(batch, words, source),
        rng.normal(state, hidden, scale=0.7 * state**-0.5),
        rng.normal(source, hidden, scale=0.7 * source**-0.5),
        rng.normal(hidden),
    )


def _full(scores):
    """Lengths of sources without filling."""
    return np.full(len(scores), scores.shape[1])


@check("Additive scores are v times the tanh of the sum of state and word", points=1.5)
def additive(student, reference, rng):
    for words in (*rng.sizes(1, 7, 10), 1):
        arguments = _additive(rng, 1, words)
        wanted = reference.additive_scores(*arguments)
        expect.close(student.additive_scores(*arguments), wanted, what="The additive scores", **TOLERANCE)


@check("Each sentence of a batch is scored with its own state", points=0.5)
def own_state(student, reference, rng):
    batch, words = rng.sizes(2, 3, 7)
    # Also as many sentences as words, where the two axes are easily taken for one another.
    for sentences, length in ((words, words), (batch, words)):
        state, memory, *weights = _additive(rng, sentences, length)
        got = student.additive_scores(state, memory, *weights)
        expect.shape(got, (sentences, length), what="The additive scores")
        alone = [
            student.additive_scores(state[b : b + 1], memory[b : b + 1], *weights) for b in range(sentences)
        ]
        expect.shape(alone[0], (1, length), what="The additive scores of one sentence")
        expect.that(np.ptp(alone[0]) > 0, "All words of a source have the same score.")
        expect.close(got, np.concatenate(alone), what="The additive scores of a batch", **TOLERANCE)


@check("Dot scores are the products of the state with each word", points=1)
def dot(student, reference, rng):
    batch, words, features = rng.sizes(3, 2, 8)
    for sentences, length in ((batch, words), (1, words), (words, words)):
        state, memory = rng.normal(sentences, features), rng.normal(sentences, length, features)
        wanted = reference.dot_scores(state, memory)
        expect.close(student.dot_scores(state, memory), wanted, what="The dot scores", **TOLERANCE)


@check("A matrix between state and word takes the state to the word's features", points=0.5)
def general(student, reference, rng):
    batch, words, features, source = rng.sizes(4, 2, 9)
    for state_features in (source, features):  # a square matrix is easily turned around
        state, memory = rng.normal(batch, state_features), rng.normal(batch, words, source)
        W = rng.normal(state_features, source)
        got = student.dot_scores(state, memory, W)
        # By the student's own product, on a state that has been taken there already.
        wanted = student.dot_scores(state @ W, memory)
        expect.that(np.any(wanted), "All dot scores are zero.")
        expect.close(got, wanted, what="The scores with a matrix", **TOLERANCE)


@check("Weights are a softmax over the words of each source", points=1)
def weights(student, reference, rng):
    batch, words = rng.sizes(2, 2, 8)
    for sentences in (batch, 1):
        scores = rng.normal(sentences, words)
        wanted = reference.attention_weights(scores, _full(scores))
        got = student.attention_weights(scores, _full(scores))
        expect.close(got, wanted, what="The weights of sources without filling", **TOLERANCE)


@check("Filling gets no weight, and the words share all of it", points=1.5)
def filling(student, reference, rng):
    words = rng.sizes(1, 5, 9)[0]
    lengths = rng.generator.permutation(np.arange(1, words + 1))[:4]
    lengths[rng.integers(0, 4)] = words
    scores = rng.normal(4, words)
    got = student.attention_weights(scores, lengths)
    expect.shape(got, scores.shape, what="The weights")
    real = np.arange(words) < lengths[:, None]
    expect.that((got[real] != 0).all(), "A word of a source has no weight.")
    expect.that((got[~real] == 0).all(), "Filling should have the weight zero.")
    for row, length in zip(scores, lengths, strict=True):
        alone, cut = row[None], row[None, :length].copy()
        padded = student.attention_weights(alone, np.array([length]))
        wanted = student.attention_weights(cut, _full(cut))
        expect.shape(padded, alone.shape, what="The weights of one source")
        expect.finite(wanted, what="The weights of a source without filling")
        expect.close(padded[:, :length], wanted, what="The weights of the words", **TOLERANCE)


@check("Large scores do not overflow, nor does filling with a large score get in", points=0.5)
def large_scores(student, reference, rng):
    words = rng.sizes(1, 4, 8)[0]
    best = rng.integers(0, words - 1, (1,))
    wanted = np.eye(words)[best]
    for added in (0.0, -3e4):
        got = student.attention_weights(1e4 * wanted + added, np.array([words]))
        expect.close(got, wanted, what="The weights of large scores", **TOLERANCE)
    # Two sentences far apart: one maximum for both would leave the lower one with 0 / 0.
    far_apart = np.concatenate([1e4 * wanted, 1e4 * wanted - 3e4])
    got = student.attention_weights(far_apart, np.array([words, words]))
    expect.close(got, np.concatenate([wanted, wanted]), what="The weights of large scores", **TOLERANCE)
    small = student.attention_weights(np.ones((1, words)), np.array([words - 1]))
    expect.shape(small, (1, words), what="The weights")
    if not np.allclose(small, np.append(np.full(words - 1, 1 / (words - 1)), 0.0)):
        return  # lengths and sums are charged above
    # The last place is filling, with the largest score of all: first far above zero, then far below.
    for score, added in ((6e4, 0.0), (3e4, -6e4)):
        scores = 1e4 * wanted + added
        scores[:, -1] = score + added
        got = student.attention_weights(scores, np.array([words - 1]))
        expect.close(got, wanted, what="The weights where filling has the largest score", **TOLERANCE)


@check("The context is the sum over the words of their states by their weights", points=1)
def context(student, reference, rng):
    batch, words, features = rng.sizes(3, 2, 8)
    for shape in ((batch, words, features), (1, words, features), (words, words, words)):
        shares, memory = rng.uniform(*shape[:2], low=0.1, high=1.0), rng.normal(*shape)
        wanted = reference.context_vector(shares, memory)
        expect.close(student.context_vector(shares, rng.permuted(memory)), wanted, what="c", **TOLERANCE)


@check("The attentional state is the tanh of a linear map of context and state", points=0.5)
def attentional(student, reference, rng):
    batch, source, features, hidden = rng.sizes(4, 2, 8)
    for state_features in (features, source):  # with as many features each, their order is easily mistaken
        arguments = (
            rng.normal(batch, source),
            rng.normal(batch, state_features),
            rng.normal(source + state_features, hidden, scale=0.3),
        )
        wanted = reference.attentional_state(*arguments)
        expect.close(student.attentional_state(*arguments), wanted, what="The attentional state", **TOLERANCE)


@check("The gradients of the additive scores are right", points=1.5)
def gradients(student, reference, rng):
    words = rng.sizes(1, 7, 10)[0]
    batch = rng.sizes(1, 2, 7)[0]
    arrays, dscores = _additive(rng, batch, words), rng.normal(batch, words)
    found = student.additive_scores_backward(dscores, *arrays)
    five = isinstance(found, tuple | list) and len(found) == 5
    expect.that(five, "additive_scores_backward must return (dstate, dmemory, dW, dU, dv).")

    def scores(state, memory, *weights):
        # One sentence at a time: how a batch is scored is charged above.
        rows = [student.additive_scores(state[b : b + 1], memory[b : b + 1], *weights) for b in range(batch)]
        for row in rows:
            expect.shape(row, (1, words), what="The additive scores of one sentence")
        return np.concatenate(rows)

    for number, name in enumerate(GRADIENTS):
        expect.shape(found[number], arrays[number].shape, what=name)
        direction, ends = rng.normal(*arrays[number].shape), []
        for sign in (1, -1):
            moved = list(arrays)
            moved[number] = moved[number] + sign * STEP * direction
            ends.append(float((scores(*moved) * dscores).sum()))
        along = float((found[number] * direction).sum())
        slope = (ends[0] - ends[1]) / (2 * STEP)
        expect.that(slope != 0, "The additive scores do not depend on all that they are made of.")
        # A central difference is off by about the step squared, plus rounding divided by the step.
        expect.close(along, slope, what=f"{name}, along a direction", rtol=1e-6, atol=1e-7)


@check("Arguments stay unchanged, and float32 stays float32", points=0.5)
def unchanged_and_float32(student, reference, rng):
    for dtype in (np.float64, np.float32):
        additive = tuple(array.astype(dtype) for array in _additive(rng, 4, 4))
        scores, square = (rng.normal(4, 4).astype(dtype) for _ in range(2))
        memory = additive[1]
        product = (rng.normal(4, memory.shape[2]).astype(dtype), memory)
        both = (product[0], square, rng.normal(memory.shape[2] + 4, 5).astype(dtype))
        for function, names, arguments in (
            ("additive_scores", ("state", "memory", "W", "U", "v"), additive),
            ("additive_scores_backward", ("dscores", "state", "memory", "W", "U", "v"), (scores, *additive)),
            ("dot_scores", ("state", "memory"), product),
            ("attention_weights", ("scores", "lengths"), (scores, np.array([4, 2, 1, 3]))),
            ("context_vector", ("weights", "memory"), (np.abs(scores), memory)),
            ("attentional_state", ("context", "state", "W"), both),
        ):
            observation = observe(getattr(student, function), *arguments)
            expect.unchanged(observation, arguments, what=names)
            value = observation.value
            for part in value if isinstance(value, tuple | list) else (value,):
                same = np.any(part) and np.asarray(part).dtype == dtype
                expect.that(same, f"The results of {function} should have the dtype of its arguments.")
