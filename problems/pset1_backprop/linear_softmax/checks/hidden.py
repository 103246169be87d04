"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

Two checks (large logits, the batch of one) judge an answer by a law that it must obey, most often by the
student's own answers to an easier question, so that what the value checks charged is not charged again.
"""

import numpy as np

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


def _one_of_three(student, arguments, position):
    """One of the gradients that linear_backward returns, so that each can be charged alone."""
    gradients = student.linear_backward(*arguments)
    three = isinstance(gradients, tuple | list) and len(gradients) == 3
    expect.that(three, "linear_backward must return the three gradients (dx, dW, db).")
    return gradients[position]


def _expect_answers_differ(first, second, what):
    """Nothing is earned by a constant: repr compares whatever plain values came back."""
    expect.that(repr(first) != repr(second), f"{what} gives the same answer for two different inputs.")


@check("The linear layer computes x W + b", points=0.5)
def linear_forward(student, reference, rng):
    n, d, c = rng.sizes(3, 2, 9)
    for rows in (n, 1):
        x, W, b = rng.normal(rows, d), rng.permuted(rng.normal(d, c)), rng.normal(c)
        wanted = reference.linear_forward(x, W, b)
        expect.close(student.linear_forward(x, W, b), wanted, what="logits", **TOLERANCE)


@check("The softmax of each row is right", points=1)
def softmax(student, reference, rng):
    n, c = rng.sizes(2, 2, 9)
    logits = rng.permuted(rng.normal(n, c, scale=2.0))
    expect.close(student.softmax(logits), reference.softmax(logits), what="probs", **TOLERANCE)


@check("The cross-entropy loss is right", points=1)
def cross_entropy(student, reference, rng):
    c, n = sorted(rng.sizes(2, 3, 9))  # n > c, so that every class is met
    logits, labels = rng.permuted(rng.normal(n, c)), rng.labels(n, c)
    wanted = reference.cross_entropy(logits, labels)
    expect.close(student.cross_entropy(logits, labels), wanted, what="The loss", **TOLERANCE)


@check("The gradient with respect to the logits is right", points=1.5)
def gradient_of_logits(student, reference, rng):
    c, n = sorted(rng.sizes(2, 3, 9))
    probs, labels = rng.permuted(reference.softmax(rng.normal(n, c))), rng.labels(n, c)
    got = student.cross_entropy_backward(probs, labels)
    expect.close(got, reference.cross_entropy_backward(probs, labels), what="dlogits", **TOLERANCE)


@check("The gradient with respect to the layer's input is right", points=1)
def gradient_of_input(student, reference, rng):
    n, d, c = rng.sizes(3, 2, 9)
    # A random cotangent: the gradients of a softmax sum to zero along a row, which hides mistakes.
    arguments = (rng.normal(n, c), rng.normal(n, d), rng.permuted(rng.normal(d, c)))
    dx = _one_of_three(student, arguments, 0)
    expect.close(dx, reference.linear_backward(*arguments)[0], what="dx", **TOLERANCE)


@check("The gradient with respect to the weights is right", points=1)
def gradient_of_weights(student, reference, rng):
    n, d, c = rng.sizes(3, 2, 9)
    arguments = (rng.normal(n, c), rng.permuted(rng.normal(n, d)), rng.normal(d, c))
    dW = _one_of_three(student, arguments, 1)
    expect.close(dW, reference.linear_backward(*arguments)[1], what="dW", **TOLERANCE)


@check("The gradient with respect to the bias is right", points=1)
def gradient_of_bias(student, reference, rng):
    n, d, c = rng.sizes(3, 2, 9)
    arguments = (rng.permuted(rng.normal(n, c)), rng.normal(n, d), rng.normal(d, c))
    db = _one_of_three(student, arguments, 2)
    expect.close(db, reference.linear_backward(*arguments)[2], what="db", **TOLERANCE)


@check("Large logits do not break the softmax or the loss", points=1)
def large_logits(student, reference, rng):
    c, n = sorted(rng.sizes(2, 3, 9))
    # Multiples of 1/256: adding 1024 to them rounds nothing, so the answers must stay the same.
    logits, labels = np.round(rng.normal(n, c) * 256) / 256, rng.labels(n, c)
    probs, loss = student.softmax(logits), student.cross_entropy(logits, labels)
    for large in (logits + 1024.0, logits - 1024.0):
        expect.close(student.softmax(large), probs, what="probs of large logits", rtol=1e-9, atol=1e-9)
        got = student.cross_entropy(large, labels)
        expect.close(got, loss, what="The loss of large logits", rtol=1e-9, atol=1e-9)
    # Rows far apart: one maximum for the whole batch would leave the other rows with 0 / 0.
    logits[0] += 4096.0
    expect.finite(student.softmax(logits), what="probs of rows far apart")
    expect.finite(student.cross_entropy(logits, labels), what="The loss of rows far apart")
    # And far apart within a row: only its largest number may be moved to zero.
    logits[0, 0] -= 2048.0
    expect.finite(student.softmax(logits), what="probs of a row that reaches far")
    _expect_answers_differ(student.softmax(rng.normal(n, c)), probs, "softmax")
    _expect_answers_differ(student.cross_entropy(rng.normal(n, c), labels), loss, "cross_entropy")


@check("A right class of vanishing probability has a finite, right loss", points=1)
def vanishing_probability(student, reference, rng):
    (c,) = rng.sizes(1, 3, 9)
    # One example (a mean of one is a sum of one) whose largest logit is exactly 0 (nothing overflows).
    logits, labels = -np.abs(rng.normal(1, c)), np.array([c - 1])
    logits[0, 0], logits[0, c - 1] = 0.0, -800.0 - np.abs(rng.normal(1)[0])
    wanted = reference.cross_entropy(logits, labels)
    expect.close(student.cross_entropy(logits, labels), wanted, what="The loss", **TOLERANCE)
    probs = reference.softmax(logits)  # exactly 0 where the label points
    expect.finite(student.cross_entropy_backward(probs, labels), what="dlogits")


@check("A batch of one, and classes that no example has", points=0.5)
def classes_without_examples(student, reference, rng):
    (c,) = rng.sizes(1, 3, 9)
    logits = rng.normal(1, c)
    expect.finite(student.cross_entropy(logits, np.array([c // 2])), what="The loss")
    probs = reference.softmax(logits)
    first, middle = (student.cross_entropy_backward(probs, np.array([label])) for label in (0, c // 2))
    for got in (first, middle):
        expect.shape(got, (1, c), what="dlogits")
        # A constant added to every logit changes nothing, so the loss has no slope in that direction.
        expect.close(got.sum(axis=1), np.zeros(1), what="The sum of each row of dlogits", rtol=0.0, atol=1e-9)
    _expect_answers_differ(first, middle, "cross_entropy_backward")


@check("The functions leave their arguments unchanged", points=0.5)
def arguments_unchanged(student, reference, rng):
    c, d, n = sorted(rng.sizes(3, 3, 9))
    x, W, b, labels = rng.normal(n, d), rng.normal(d, c), rng.normal(c), rng.labels(n, c)
    logits, dlogits, probs = rng.normal(n, c), rng.normal(n, c), reference.softmax(rng.normal(n, c))
    other_labels = (labels + 1) % c
    for function, names, arguments, others in (
        ("linear_forward", ("x", "W", "b"), (x, W, b), (x, 2 * W, b)),
        ("linear_backward", ("dlogits", "x", "W"), (dlogits, x, W), (dlogits, 2 * x, W)),
        ("softmax", ("logits",), (logits,), (2 * logits,)),
        ("cross_entropy", ("logits", "labels"), (logits, labels), (logits, other_labels)),
        ("cross_entropy_backward", ("probs", "labels"), (probs, labels), (probs, other_labels)),
    ):
        observation = observe(getattr(student, function), *arguments)
        expect.unchanged(observation, arguments, what=names)
        _expect_answers_differ(observation.value, getattr(student, function)(*others), function)
