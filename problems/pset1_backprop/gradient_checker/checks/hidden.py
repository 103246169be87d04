"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The formula is judged with a large step, where each term of it shows. What is said of dtypes, layouts and
views is judged by the student's own answers for plain arrays; what is said of verdicts, by the student's own
products and errors, so that a slip in those costs once.
"""

import itertools

import numpy as np

from grader.authoring import check, expect, observe, support, value

# Right answers that are written differently use less than a thousandth of this: the steps are large.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


def _field(side, name):
    return value(support(side), name)


def _step(rng):
    return float(rng.uniform(low=0.3, high=0.7))


def _layer(rng):
    """(A, x) of a layer with an x that does not saturate it."""
    d, k, n = rng.sizes(3, 2, 6)
    return rng.normal(k, d), rng.normal(d, n, scale=0.5)


@check("Every entry moves to both sides, and the difference is divided by 2h", points=2)
def central_differences(student, reference, rng):
    h = _step(rng)
    for shape in (rng.sizes(1, 4, 8), rng.sizes(2, 2, 5)):
        x = rng.normal(*shape)
        x[0] = 3.0  # a step that grows with x is not h there
        got, wanted = (side.numerical_gradient(_field(side, "waves"), x, h) for side in (student, reference))
        expect.close(got, wanted, what="The gradient of a number", **TOLERANCE)
    # One entry, one output and the cotangent 1: the same formula, in the other function.
    A, x, one = rng.normal(1, 1), rng.uniform(1, 1, low=0.3, high=1.0), np.ones((1, 1))
    got, wanted = (side.numerical_vjp(support(side).layer(A), x, one, h) for side in (student, reference))
    expect.close(got, wanted, what="The product for a function with one output", **TOLERANCE)


@check("The vector-Jacobian product weighs every output with its cotangent", points=1.5)
def cotangents(student, reference, rng):
    # A linear function has the same difference quotients at every step, and on one side as on both.
    (d, k, n), h = rng.sizes(3, 2, 6), _step(rng)
    A, x, dy = rng.normal(k, d), rng.normal(d, n), rng.normal(k, n)
    got = student.numerical_vjp(support(student).linear(A), x, dy, h)
    expect.close(got, A.T @ dy, what="The product with the Jacobian", **TOLERANCE)
    square = rng.normal(d, d)
    dy = rng.normal(d, n)
    got = student.numerical_vjp(support(student).linear(square), x, dy, h)
    expect.close(got, square.T @ dy, what="The product with a square Jacobian", **TOLERANCE)
    # So has one that is linear in each entry alone; its slopes tell where the other entries are.
    x, dy = rng.uniform(d + 2, low=0.5, high=2.0), rng.normal(d + 1)
    wanted = np.append(dy * x[1:], 0.0) + np.append(0.0, dy * x[:-1])
    got = student.numerical_vjp(_field(student, "neighbours"), x, dy, h)
    expect.close(got, wanted, what="The product for neighbours that are multiplied", **TOLERANCE)


@check("The relative error is the largest difference over the largest entry", points=1.5)
def error(student, reference, rng):
    shape = rng.sizes(2, 2, 6)
    for scale, side in itertools.product((1.0, 1e-12, 1e12), (1, -1)):
        a = rng.normal(*shape, scale=scale)
        b = a + rng.normal(*shape, scale=0.1 * scale)
        a[0, 0], b[0, 1] = 0.0, 0.0
        # The largest entry of all is below zero, and the other's in its place on the same side or across.
        large = 5.0 * np.abs(np.concatenate([a, b])).max()
        a[-1, -1], b[-1, -1] = -large, -side * large * float(rng.uniform(low=0.2, high=0.6))
        for one, other in ((a, b), (b, a)):
            wanted = reference.relative_error(one, other)
            expect.close(student.relative_error(one, other), wanted, what="The relative error", rtol=1e-8)


@check("The error of zeros is 0; of other shapes, NaN and infinity it is infinite", points=1)
def special_errors(student, reference, rng):
    n, k = rng.sizes(2, 2, 6)
    zeros, a = np.zeros((n, k)), rng.normal(n, k)
    expect.close(student.relative_error(zeros, zeros.copy()), 0.0, what="The error of two zero arrays")
    worse = {"an array with NaN": a.copy(), "an array with infinity": a.copy()}
    for broken, number in zip(worse.values(), (np.nan, np.inf), strict=True):
        broken[rng.integers(0, n), rng.integers(0, k)] = number
    row = np.tile(a[:1], (n, 1))
    pairs = [(name, broken, a) for name, broken in worse.items()]
    pairs += [(name, broken, broken.copy()) for name, broken in worse.items()]
    pairs += [("shapes that broadcast", a[:1].copy(), row), ("a batch of one more", a[None].copy(), a)]
    for name, one, other in pairs:
        for left, right in ((one, other), (other, one)):
            got = student.relative_error(left, right)
            expect.close(got, float("inf"), what=f"The error for {name}")


def _verdict(student, A, B, x, rng, tolerance):
    """Require the verdict on layer_backward(B) for layer(A) that the student's own error leads to."""
    forward, backward = support(student).layer(A), support(student).layer_backward(B)
    dy = rng.normal(len(A), x.shape[1])
    right_for_B = (B.T @ dy) * (1 - np.tanh(x) ** 2)
    own = student.relative_error(right_for_B, student.numerical_vjp(forward, x, dy))
    expect.that(isinstance(own, float | np.floating), "The relative error should be a number.")
    got = student.backward_is_right(forward, backward, x, int(rng.integers(0, 1000)), tolerance)
    expect.equal(got, bool(own <= tolerance), what="The verdict")


@check("Right gradients are accepted, wrong ones rejected", points=1)
def verdicts(student, reference, rng):
    A, x = _layer(rng)
    _verdict(student, A, A, x, rng, 1e-3)
    _verdict(student, A, -A, x, rng, 1e-3)
    _verdict(student, A, 1.5 * A, x, rng, 1e-3)


@check("A gradient is rejected for any wrong entry, with whatever cotangent it shows", points=1)
def hidden_flaws(student, reference, rng):
    A, x = _layer(rng)
    k, d = A.shape
    _verdict(student, A, A, x, rng, 1e-3)
    # With the same cotangent for each output, this flaw cancels.
    flaw = rng.normal(k, d)
    _verdict(student, A, A + flaw - flaw.mean(axis=0), x, rng, 1e-3)
    # Seen in one row of the gradient alone: each in its turn.
    for row in range(d):
        B = A.copy()
        B[:, row] += 1.0 + np.abs(rng.normal(k))
        _verdict(student, A, B, x, rng, 1e-3)


@check("The tolerance is the caller's, and means the same for small gradients and large", points=0.5)
def tolerances(student, reference, rng):
    A, x = _layer(rng)
    for scale in (1.0, 1e-9, 1e9):
        for tolerance in (1e-2, 1e-4):
            _verdict(student, scale * A, scale * 1.001 * A, x, rng, tolerance)


@check("An x of float32 or of integers is moved in float64", points=0.5)
def dtypes(student, reference, rng):
    n, d = rng.sizes(2, 2, 5)
    whole = rng.integers(-3, 4, (n, d))
    waves, A, dy = _field(student, "waves"), rng.normal(3, n), rng.normal(3, d)
    for x in (rng.normal(n, d, dtype=np.float32), whole):
        wanted = student.numerical_gradient(waves, x.astype(np.float64))
        expect.that(np.any(wanted), "The gradient is zero everywhere.")
        got = student.numerical_gradient(waves, x)
        expect.close(got, wanted, what="The gradient of a number", rtol=1e-6, atol=1e-6)
        layer = support(student).layer(A)
        wanted = student.numerical_vjp(layer, x.astype(np.float64), dy)
        expect.that(np.any(wanted), "The product is zero everywhere.")
        got = student.numerical_vjp(layer, x, dy)
        expect.close(got, wanted, what="The vector-Jacobian product", rtol=1e-6, atol=1e-6)


@check("Arrays of any shape and layout, and functions that return a view of their argument", points=0.5)
def layouts(student, reference, rng):
    waves, n, d = _field(student, "waves"), *rng.sizes(2, 2, 5)
    x = rng.normal(n, d)
    wanted = student.numerical_gradient(waves, x)
    expect.that(np.any(wanted), "The gradient is zero everywhere.")
    expect.shape(wanted, (n, d), what="The gradient")
    # It sees places in the order of rows, so these are the same function.
    for same in (rng.permuted(x), x.reshape(n, 1, d), x.reshape(-1)):
        got = student.numerical_gradient(waves, same)
        expect.close(got, wanted.reshape(same.shape), what="The gradient of a number", rtol=1e-6, atol=1e-6)
    dy = rng.normal(d, n)
    wanted = student.numerical_vjp(_field(student, "turned_copy"), x, dy)
    expect.that(np.any(wanted), "The product is zero everywhere.")
    got = student.numerical_vjp(_field(student, "turned"), x, dy)
    expect.close(got, wanted, what="The product for a function that returns a view", rtol=1e-6, atol=1e-6)


@check("The functions leave x and the cotangent as they are, to the last bit", points=0.5)
def arguments_unchanged(student, reference, rng):
    d, k, n = rng.sizes(3, 3, 7)
    x, dy, A = rng.normal(d, n), rng.normal(k, n), rng.normal(k, d)
    forward, backward = support(student).layer(A), support(student).layer_backward(A)
    calls = (
        observe(student.numerical_gradient, _field(student, "waves"), x),
        observe(student.numerical_vjp, forward, x, dy),
        observe(student.relative_error, x, 2 * x),
        observe(student.backward_is_right, forward, backward, x, 3),
    )
    sent = ((1, x, "x"),), ((1, x, "x"), (2, dy, "cotangent")), ((0, x, "a"), (1, 2 * x, "b")), ((2, x, "x"),)
    for call, arguments in zip(calls, sent, strict=True):
        expect.that(call.value is not None, "A function returns nothing.")
        for position, before, name in arguments:
            expect.equal(call.args_after[position], before, what=f"{name} after the call")
