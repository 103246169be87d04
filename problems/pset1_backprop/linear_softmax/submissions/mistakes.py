"""How to recognise the mistakes that show as NaN or infinity, as an exception, or in an argument."""

import numpy as np

from grader.authoring import mistake, observe


def _finite(student, logits):
    """Whether probabilities and loss of ``logits`` are finite."""
    probs = student.softmax(logits)
    return np.isfinite(probs).all() and np.isfinite(student.cross_entropy(logits, np.zeros(len(logits), int)))


@mistake("no_maximum_subtracted", checks=("large_logits",))
def no_maximum_subtracted(student, reference, rng):
    row = rng.normal(1, 4)
    return _finite(student, row) and not _finite(student, row + 1000.0)


@mistake("one_maximum_for_the_batch", checks=("large_logits",))
def one_maximum_for_the_batch(student, reference, rng):
    rows, spike = rng.normal(2, 4) + np.array([[0.0], [3000.0]]), rng.normal(2, 4)
    spike[1, 0] += 3000.0  # with the maximum of each column this would do
    apart = _finite(student, rows[:1]) and _finite(student, rows[1:])
    return apart and not _finite(student, rows) and not _finite(student, spike)


def _vanishing(rng, far):
    """(logits, labels) of one example whose right class has about exp(-far) for its probability."""
    logits = -np.abs(rng.normal(1, 4))
    logits[0, 0], logits[0, 3] = 0.0, -far
    return logits, np.array([3])


def _right_where_nothing_vanishes(student, reference, rng):
    logits, labels = rng.normal(3, 4), np.array([2, 0, 3])
    probs = reference.softmax(logits)
    return np.isclose(student.cross_entropy(logits, labels), reference.cross_entropy(logits, labels)) and (
        np.allclose(student.cross_entropy_backward(probs, labels), reference.cross_entropy_backward(probs, labels))
    )


@mistake("logarithm_of_the_softmax", checks=("vanishing_probability",))
def logarithm_of_the_softmax(student, reference, rng):
    vanishing = [student.cross_entropy(*_vanishing(rng, far)) for far in (30.0, 900.0)]
    return _right_where_nothing_vanishes(student, reference, rng) and (
        np.isclose(vanishing[0], 30.0, atol=3.0) and not np.isfinite(vanishing[1])
    )


@mistake("epsilon_in_the_logarithm", checks=("vanishing_probability",))
def epsilon_in_the_logarithm(student, reference, rng):
    near, far = (student.cross_entropy(*_vanishing(rng, distance)) for distance in (900.0, 1800.0))
    # Infinity would be the logarithm itself; here the small number stands in for both probabilities.
    return _right_where_nothing_vanishes(student, reference, rng) and (
        np.isfinite(near) and np.isclose(near, far) and near < 750.0
    )


@mistake("division_by_the_probability", checks=("vanishing_probability",))
def division_by_the_probability(student, reference, rng):
    probs = np.array([[0.25, 0.75, 0.0]])
    return _right_where_nothing_vanishes(student, reference, rng) and not np.isfinite(
        student.cross_entropy_backward(probs, np.array([2]))
    ).all()


@mistake("classes_counted_from_labels", checks=("classes_without_examples",))
def classes_counted_from_labels(student, reference, rng):
    if not _right_where_nothing_vanishes(student, reference, rng):  # there the last class is met
        return False
    probs, labels = reference.softmax(rng.normal(2, 5)), np.array([1, 2])
    try:
        got = student.cross_entropy_backward(probs, labels)
    except Exception:
        return True
    return got.shape != probs.shape


def _square(rng):
    """(dlogits, x, W, b) with as many classes as features: W fits on both sides."""
    return rng.normal(3, 4), rng.normal(3, 4), rng.normal(4, 4), rng.normal(4)


@mistake("weights_transposed", checks=("linear_forward",))
def weights_transposed(student, reference, rng):
    _, x, W, b = _square(rng)
    return np.allclose(student.linear_forward(x, W, b), x @ W.T + b)


def _fits_only_squares(student, rng):
    """Whether linear_backward ends with an exception where W is not square."""
    try:
        student.linear_backward(rng.normal(3, 5), rng.normal(3, 4), rng.normal(4, 5))
    except Exception:
        return True
    return False


@mistake("input_gradient_not_transposed", checks=("gradient_of_input",))
def input_gradient_not_transposed(student, reference, rng):
    dlogits, x, W, _ = _square(rng)
    dx = student.linear_backward(dlogits, x, W)[0]
    return np.allclose(dx, dlogits @ W) and _fits_only_squares(student, rng)


@mistake("bias_gradient_of_one_example", checks=("gradient_of_bias",))
def bias_gradient_of_one_example(student, reference, rng):
    dlogits = rng.normal(5, 4)
    db = student.linear_backward(dlogits, rng.normal(5, 3), rng.normal(3, 4))[2]
    return db.shape == (4,) and any(np.allclose(db, row) for row in dlogits)


@mistake("softmax_over_the_batch", checks=("softmax",))
def softmax_over_the_batch(student, reference, rng):
    probs = student.softmax(rng.normal(5, 4))
    return probs.shape == (5, 4) and np.allclose(probs.sum(axis=0), 1.0)


@mistake("softmax_over_everything", checks=("softmax",))
def softmax_over_everything(student, reference, rng):
    logits = rng.normal(5, 4)
    probs = student.softmax(logits)
    right_in_each = np.allclose(probs / probs.sum(axis=1, keepdims=True), reference.softmax(logits))
    return right_in_each and np.isclose(probs.sum(), 1.0)


@mistake("loss_over_the_batch", checks=("cross_entropy",))
def loss_over_the_batch(student, reference, rng):
    # As many examples as classes, so that the sums of columns can be taken for those of rows.
    logits, labels = rng.normal(4, 4), np.array([2, 0, 0, 1])
    sums, right = np.log(np.exp(logits).sum(axis=0)), logits[np.arange(4), labels]
    got = student.cross_entropy(logits, labels)
    return any(np.isclose(got, np.mean(of - right)) for of in (sums, sums[labels]))


@mistake("probabilities_overwritten", checks=("arguments_unchanged",))
def probabilities_overwritten(student, reference, rng):
    probs, labels = reference.softmax(rng.normal(3, 4)), np.array([1, 2, 0])
    return not np.array_equal(observe(student.cross_entropy_backward, probs, labels).args_after[0], probs)
