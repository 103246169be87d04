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
    rows = rng.normal(2, 4) + np.array([[0.0], [3000.0]])
    return _finite(student, rows[:1]) and _finite(student, rows[1:]) and not _finite(student, rows)


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


@mistake("probabilities_overwritten", checks=("arguments_unchanged",))
def probabilities_overwritten(student, reference, rng):
    probs, labels = reference.softmax(rng.normal(3, 4)), np.array([1, 2, 0])
    return not np.array_equal(observe(student.cross_entropy_backward, probs, labels).args_after[0], probs)
