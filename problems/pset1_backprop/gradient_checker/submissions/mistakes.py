"""How to recognise the mistakes that show in verdicts alone, as zeros or NaN, or in the last digits of x,
and one that has the values of others.
"""

import numpy as np

from grader.authoring import mistake, observe, support, value


@mistake("size_of_one_alone", checks=("error",))
def size_of_one_alone(student, reference, rng):
    # Whichever of the two is the larger, and on whichever side of zero its entries are.
    for scale, side in ((0.3, 1), (0.3, -1), (3.0, 1), (3.0, -1)):
        a, b = rng.normal(3, 4), side * scale * rng.uniform(3, 4, low=5.0, high=6.0)
        wanted = np.abs(a - b).max()
        if not np.isclose(student.relative_error(a, b), wanted / np.abs(a).max()):
            return False
    return True


@mistake("absolute_error", checks=("error",))
def absolute_error(student, reference, rng):
    # Whichever norm it is of: it grows with small gradients.
    a, b = rng.normal(3, 4), rng.normal(3, 4)
    small, smaller = (student.relative_error(size * a, size * b) for size in (1e-3, 1e-6))
    return smaller > 0 and small > 500 * smaller


def _off(got, wanted):
    return np.abs(got - wanted).max() / np.abs(wanted).max()


@mistake("always_in_float32", checks=("central_differences",))
def always_in_float32(student, reference, rng):
    """Where x is float64, in either function: right to a few digits at a large step, and to fewer at a small one."""
    x, A, dy = rng.normal(3, 4) + 0.1, rng.normal(2, 3), rng.normal(2, 4)
    offs = []
    for h in (0.5, 1e-5):
        got, wanted = (
            (
                side.numerical_gradient(value(support(side), "waves"), x, h),
                side.numerical_vjp(support(side).layer(A), x, dy, h),
            )
            for side in (student, reference)
        )
        offs.append([_off(*pair) for pair in zip(got, wanted, strict=True)])
    return any(1e-10 < large < 1e-5 and 1e-5 < small < 10 for large, small in zip(*offs, strict=True))


def _layer(rng):
    """(A, x) of a layer with an x that does not saturate it, and with no small gradient."""
    A, x = rng.uniform(4, 3, low=0.5, high=1.5), rng.normal(3, 2, scale=0.5)
    return A, x


def _accepts(student, A, B, x, seed=3, tolerance=1e-3):
    """The verdict on the gradient of layer(B) for layer(A)."""
    forward, backward = support(student).layer(A), support(student).layer_backward(B)
    return bool(student.backward_is_right(forward, backward, x, seed, tolerance))


@mistake("cotangent_of_ones", checks=("hidden_flaws",))
def cotangent_of_ones(student, reference, rng):
    A, x = _layer(rng)
    flaw = rng.normal(4, 3)
    cancels, shows = A + flaw - flaw.mean(axis=0), A + 0.5
    return all(_accepts(student, A, cancels, x, seed) for seed in (1, 2, 3)) and not _accepts(student, A, shows, x)


@mistake("ones_for_the_backward", checks=("verdicts", "hidden_flaws", "tolerances"))
def ones_for_the_backward(student, reference, rng):
    A, x = rng.uniform(1, 1, low=0.5, high=1.5), rng.normal(1, 1, scale=0.5)
    drawn = float(np.random.default_rng(3).standard_normal((1, 1))[0, 0])
    # One of the two takes 1 where the other takes what was drawn: with this factor they agree.
    agree = any(_accepts(student, A, factor * A, x) for factor in (drawn, 1 / drawn))
    return agree and not _accepts(student, A, A, x)


@mistake("sizes_compared", checks=("verdicts",))
def sizes_compared(student, reference, rng):
    A, x = _layer(rng)
    flipped = A * np.array([1.0, -1.0, 1.0])  # the sign of a row of the gradient
    alike = all(_accepts(student, A, B, x) for B in (A, -A, flipped))
    return alike and not _accepts(student, A, 1.5 * A, x)


def _by_tolerance(student, A, x, scale, slip):
    """The verdicts on a gradient that is off by the factor ``slip``, with a wide and a narrow tolerance."""
    return tuple(_accepts(student, scale * A, scale * slip * A, x, 3, tolerance) for tolerance in (1e-2, 1e-4))


@mistake("tolerance_ignored", checks=("tolerances",))
def tolerance_ignored(student, reference, rng):
    A, x = _layer(rng)
    verdicts = [_by_tolerance(student, A, x, scale, 1.001) for scale in (1.0, 1e-9, 1e9)]
    same = len(set(verdicts)) == 1 and verdicts[0][0] == verdicts[0][1]
    return same and _accepts(student, A, A, x) and not _accepts(student, A, -A, x)


@mistake("verdict_by_absolute_error", checks=("tolerances",))
def verdict_by_absolute_error(student, reference, rng):
    A, x = _layer(rng)
    small, large = (_by_tolerance(student, A, x, scale, 1.001) for scale in (1e-9, 1e9))
    return small == (True, True) and large == (False, False) and not _accepts(student, A, -A, x)


@mistake("verdict_by_allclose", checks=("tolerances",))
def verdict_by_allclose(student, reference, rng):
    A, x = _layer(rng)
    small, large = (_by_tolerance(student, A, x, scale, 1.001) for scale in (1e-9, 1e9))
    return small == (True, True) and large == (True, False) and not _accepts(student, A, -A, x)


def _only_then_zero(right, other):
    return bool(np.any(right)) and not np.any(other)


@mistake("views_not_copied", checks=("layouts",))
def views_not_copied(student, reference, rng):
    x, dy = rng.normal(3, 4), rng.normal(4, 3)
    right, other = (student.numerical_vjp(value(support(student), name), x, dy) for name in ("turned_copy", "turned"))
    return _only_then_zero(right, other)


@mistake("flattened_copy_moved", checks=("layouts",))
def flattened_copy_moved(student, reference, rng):
    x, waves = rng.normal(3, 4), value(support(student), "waves")
    right, other = (student.numerical_gradient(waves, each) for each in (x, rng.permuted(x)))
    return _only_then_zero(right, other)


@mistake("put_back_by_adding", checks=("arguments_unchanged",))
def put_back_by_adding(student, reference, rng):
    x, dy, A = rng.normal(30, 2), rng.normal(3, 2), rng.normal(3, 30)
    calls = (
        observe(student.numerical_gradient, value(support(student), "waves"), x),
        observe(student.numerical_vjp, support(student).layer(A), x, dy),
    )
    moved = max(float(np.abs(call.args_after[1] - x).max()) for call in calls)
    return 0.0 < moved < 1e-9


@mistake("zero_over_zero", checks=("special_errors",))
def zero_over_zero(student, reference, rng):
    zeros, a = np.zeros((3, 2)), rng.normal(3, 2)
    found = student.relative_error(zeros, zeros)
    return np.isnan(found) and student.relative_error(a[None], a) == float("inf")
