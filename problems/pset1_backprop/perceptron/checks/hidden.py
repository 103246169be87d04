"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

What a single example teaches is judged with epochs of one example, and not by what is counted; order and
fitting are judged by the student's own answers for one example or one epoch at a time.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


def _epoch(student, X, y, w, b):
    """(w, b, mistakes) of one epoch."""
    found = student.train_epoch(X, y, w, b)
    three = isinstance(found, tuple | list) and len(found) == 3
    expect.that(three, "train_epoch must return three things (w, b, mistakes).")
    return found


def _labels(rng, count):
    return np.where(rng.mask(count), 1.0, -1.0)


def _examples(rng, dim, *, right):
    """(x, y, w, b) of an example on its right side or its wrong one, with a margin of ten; both labels.

    Without the bias it lies on the same side: who leaves that out is not charged for it everywhere.
    """
    x, w, b = rng.normal(1, dim), rng.normal(dim), float(rng.normal(1)[0])
    while abs(x[0] @ w + b) < 0.1 or (x[0] @ w) * (x[0] @ w + b) < 0.1:
        x = rng.normal(1, dim)
    scale = 10.0 / abs(x[0] @ w + b)
    side = np.sign(x[0] @ w + b) * (1.0 if right else -1.0)
    yield x, np.array([side]), scale * w, scale * b
    yield x, np.array([-side]), -scale * w, -scale * b


@check("Predictions are the side of the boundary, as -1 or +1", points=1.5)
def predictions(student, reference, rng):
    n, d = rng.sizes(2, 4, 9)
    for _ in range(2):
        X, w, b = rng.normal(n, d), rng.normal(d), float(rng.uniform(low=0.5, high=1.0))
        X[0] = -b / 2 * w / (w @ w)  # the bias alone decides on which side this one is
        X[1] = 3 * X[0]  # and there is one on the other side
        wanted = reference.predict(X, w, b)
        expect.close(student.predict(X, w, b), wanted, what="The predictions", **TOLERANCE)


@check("On the boundary the prediction is -1", points=0.5)
def on_the_boundary(student, reference, rng):
    (d,) = rng.sizes(1, 2, 6)
    # By the student's own answer for a point a little on the negative side.
    w = np.ones(d)
    on, below, above = np.zeros((2, d)), np.full((2, d), -1.0), np.ones((2, d))
    wanted = student.predict(below, w, 0.0)
    differs = repr(student.predict(above, w, 0.0)) != repr(wanted)
    expect.that(differs, "The prediction is the same on both sides of the boundary.")
    expect.close(student.predict(on, w, 0.0), wanted, what="The prediction on the boundary", **TOLERANCE)


@check("A mistake moves the weights by label times example", points=1.5)
def weights_move(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    for x, y, w, b in _examples(rng, d, right=False):
        got = _epoch(student, x, y, w, b)[0]
        expect.close(got, w + y[0] * x[0], what="w after a mistake", **TOLERANCE)


@check("A mistake moves the bias by the label", points=1)
def bias_moves(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    for x, y, w, b in _examples(rng, d, right=False):
        got = _epoch(student, x, y, w, b)[1]
        expect.close(got, b + y[0], what="b after a mistake", dtype=False, **TOLERANCE)


@check("An example on its right side changes nothing", points=1)
def right_side(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    for x, y, w, b in _examples(rng, d, right=True):
        for shrunk in (1.0, 0.05):  # a margin of ten, and one of a half
            at = shrunk * w, shrunk * b
            new_w, new_b, _ = _epoch(student, x, y, *at)
            expect.close(new_w, at[0], what="w after an example on its right side", **TOLERANCE)
            expect.close(new_b, at[1], what="b after an example on its right side", dtype=False, **TOLERANCE)
        wrong = _epoch(student, x, -y, w, b)[0]
        expect.that(repr(wrong) != repr(w), "An example on its wrong side changes nothing either.")
        # The bias alone decides that this one is right: without it the score is 2, with it -4.
        towards, far = 2.0 * x[0] / (x[0] @ x[0]), -6.0
        new_w, _, _ = _epoch(student, x, np.array([-1.0]), towards, far)
        expect.close(new_w, towards, what="w after an example on its right side", **TOLERANCE)


@check("An example on the boundary is not on its right side yet", points=1)
def learning_from_the_boundary(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    x = rng.normal(1, d)
    for label in (1.0, -1.0):
        y, zero = np.array([label]), np.zeros(d)
        # By the student's own step from weights a little on the wrong side.
        w, b, _ = _epoch(student, x, y, -0.0001 * label * x[0], 0.0)
        new_w, new_b, _ = _epoch(student, x, y, zero, 0.0)
        expect.close(new_w, w, what="w after an example on the boundary", rtol=0.0, atol=0.01)
        expect.close(new_b, b, what="b after an example on the boundary", rtol=0.0, atol=0.01, dtype=False)
        expect.that(np.any(w) and not np.allclose(w, -0.0001 * label * x[0]), "A mistake changes nothing.")


@check("Within an epoch each example meets the weights that the one before left", points=1.5)
def in_order(student, reference, rng):
    n, d = rng.sizes(2, 4, 9)
    X, y, b = rng.normal(n, d), _labels(rng, n), 0.0
    # The first is wrong; the second is right after it, and would not be before; the third is wrong again.
    X[1], X[2] = 0.5 * X[0], X[0]
    y[1], y[2] = y[0], -y[0]
    w = -0.01 * y[0] * X[0]
    together = _epoch(student, X, y, w, b)
    count = 0
    for index in range(n):
        w, b, mistakes = _epoch(student, X[index : index + 1], y[index : index + 1], w, float(b))
        count += int(mistakes)
    expect.close(together[0], w, what="w after an epoch", **TOLERANCE)
    expect.close(together[1], b, what="b after an epoch", dtype=False, **TOLERANCE)


@check("Mistakes are counted", points=0.5)
def counting(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    for x, y, w, b in _examples(rng, d, right=True):
        for labels, wanted in ((y, 0), (-y, 1)):
            got = _epoch(student, x, labels, w, b)[2]
            expect.close(float(got), float(wanted), what="The number of mistakes", **TOLERANCE)
        # Two mistakes, far from the boundary, if the student learns from both of them.
        both, far = np.eye(2, d), np.full(d, -9.0)
        after_first = _epoch(student, both[:1], np.ones(1), far, 0.0)[0]
        new_w, _, count = _epoch(student, both, np.ones(2), far, 0.0)
        if not np.allclose(new_w, after_first):
            expect.close(float(count), 2.0, what="The number of mistakes", **TOLERANCE)
        # Near the boundary a mistake is right after it, and was one all the same.
        got = _epoch(student, x, -y, 0.001 * w, 0.001 * b)[2]
        expect.close(float(got), 1.0, what="The number of mistakes", **TOLERANCE)


def _separable(rng, count, dim):
    labels = np.resize([1.0, -1.0], count)
    direction = rng.normal(dim)
    direction /= np.linalg.norm(direction)
    points = rng.uniform(count, dim, low=-1.0, high=1.0)
    points += (labels * 1.5 - points @ direction)[:, None] * direction + 0.5
    return points, labels


@check("Training starts from zero, and ends with an epoch without mistakes, or after max_epochs", points=1)
def fitting(student, reference, rng):
    n, d = rng.sizes(2, 4, 9)
    X, y = _separable(rng, n, d)
    for x, label, w, b in _examples(rng, d, right=False):
        expect.that(repr(_epoch(student, x, label, w, b)[0]) != repr(w), "A mistake changes nothing.")
    # Two on one ray, the nearer one positive: who forgets the bias from epoch to epoch ends elsewhere.
    ray = rng.normal(d)
    ray *= float(rng.uniform(low=1.3, high=1.7)) / np.linalg.norm(ray)
    cases = ((X, y, 60), (X, y, 1), (np.stack([ray, 2 * ray]), np.array([1.0, -1.0]), 4))
    for X, y, most in cases:
        # By the student's own epochs, and their own count of mistakes.
        w, b, epochs, mistakes = np.zeros(d), 0.0, 0, 1
        while epochs < most and mistakes:
            w, b, mistakes = _epoch(student, X, y, w, float(b))
            epochs += 1
        got = student.fit(X, y, most)
        three = isinstance(got, tuple | list) and len(got) == 3
        expect.that(three, "fit must return three things (w, b, epochs).")
        expect.close(got[0], w, what="w after training", **TOLERANCE)
        expect.close(got[1], b, what="b after training", dtype=False, **TOLERANCE)
        expect.close(float(got[2]), float(epochs), what="epochs", **TOLERANCE)


@check("The functions leave their arguments unchanged", points=0.5)
def arguments_unchanged(student, reference, rng):
    n, d = rng.sizes(2, 4, 9)
    X, y = _separable(rng, n, d)
    w = -y[0] * X[0]  # the first example is a mistake
    for function, names, arguments, extra in (
        ("predict", ("X", "w"), (X, w), {"b": 0.5}),
        ("train_epoch", ("X", "y", "w"), (X, y, w), {"b": 0.5}),
        ("fit", ("X", "y"), (X, y), {"max_epochs": 3}),
    ):
        call = getattr(student, function)
        observation = observe(call, *arguments, **extra)
        expect.unchanged(observation, arguments, what=names)
        if function == "fit":
            continue
        # Nothing is earned by a constant: repr compares whatever plain values came back.
        differs = repr(call(-arguments[0], *arguments[1:], **extra)) != repr(observation.value)
        expect.that(differs, f"{function} gives the same answer for two different inputs.")
