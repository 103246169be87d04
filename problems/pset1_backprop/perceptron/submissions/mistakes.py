"""How to recognise the mistakes that a few small numbers, or the way they are written, leave open."""

import numpy as np

from grader.authoring import mistake, observe


def _on_the_boundary(student, rng):
    """The prediction on the boundary, where those on its two sides are right; else None."""
    (d,) = rng.sizes(1, 2, 6)
    w = np.ones(d)
    sides = [student.predict(place * np.ones((2, d)), w, 0.0) for place in (-1.0, 1.0)]
    if not (np.all(sides[0] == -1) and np.all(sides[1] == 1)):
        return None
    return student.predict(np.zeros((2, d)), w, 0.0)


@mistake("sign_of_zero", checks=("on_the_boundary",))
def sign_of_zero(student, reference, rng):
    found = _on_the_boundary(student, rng)
    return found is not None and np.all(found == 0)


@mistake("boundary_is_positive", checks=("on_the_boundary",))
def boundary_is_positive(student, reference, rng):
    found = _on_the_boundary(student, rng)
    return found is not None and np.all(found == 1)


@mistake("half_a_step", checks=("weights_move",))
def half_a_step(student, reference, rng):
    """Whatever the rate is: the step has its direction, and a part of its length."""
    (d,) = rng.sizes(1, 2, 7)
    x, rates = rng.normal(1, d), []
    for label in (1.0, -1.0):
        w = -10.0 * label * x[0] / (x[0] @ x[0])
        step = student.train_epoch(x, np.array([label]), w, 0.0)[0] - w
        rates.append(float(step @ x[0] / (x[0] @ x[0])) * label)
        if not np.allclose(step, rates[-1] * label * x[0]):
            return False
    return np.isclose(*rates) and 0.0 < rates[0] < 0.999


@mistake("bias_never_learned", checks=("bias_moves",))
def bias_never_learned(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    x, b = rng.normal(1, d), 0.25
    for label in (1.0, -1.0):  # the weights move: who learns nothing from some mistakes forgets more than the bias
        w = -10.0 * label * x[0] / (x[0] @ x[0])
        new_w, new_b, _ = student.train_epoch(x, np.array([label]), w, b)
        if not (np.allclose(new_w, w + label * x[0]) and new_b == b):
            return False
    return True


@mistake("learns_from_every_example", checks=("right_side",))
def learns_from_every_example(student, reference, rng):
    (d,) = rng.sizes(1, 2, 7)
    x = rng.normal(1, d)
    for label in (1.0, -1.0):
        for side in (label, -label):  # without a bias, so that nobody can have forgotten it
            w = 10.0 * side * x[0] / (x[0] @ x[0])
            new_w, new_b, _ = student.train_epoch(x, np.array([label]), w, 0.0)
            if not (np.allclose(new_w, w + label * x[0]) and np.isclose(new_b, label)):
                return False
    return True


def _counts(student, rng):
    """The mistakes counted: of two examples on their right side, of one far on its wrong side, and of one
    that is wrong and right after it."""
    (d,) = rng.sizes(1, 2, 7)
    x, y = rng.normal(1, d), np.ones(1)
    right = student.train_epoch(np.concatenate([x, 2 * x]), np.ones(2), 10 * x[0], 0.0)[2]
    far = student.train_epoch(x, y, -10 * x[0], 0.0)[2]
    near = student.train_epoch(x, y, -0.001 * x[0], 0.0)[2]
    return int(right), int(far), int(near)


@mistake("counts_examples", checks=("counting",))
def counts_examples(student, reference, rng):
    # Of those that are right nothing was learned: who learns from all of them counts what was changed.
    x = rng.normal(1, 4)
    kept = np.array_equal(student.train_epoch(x, np.ones(1), 10 * x[0], 0.0)[0], 10 * x[0])
    return kept and _counts(student, rng) == (2, 1, 1)


@mistake("counts_after_the_epoch", checks=("counting",))
def counts_after_the_epoch(student, reference, rng):
    return _counts(student, rng) == (0, 1, 0)


@mistake("last_epoch_not_counted", checks=("fitting",))
def last_epoch_not_counted(student, reference, rng):
    X = np.concatenate([rng.normal(4, 3) + 4.0, rng.normal(4, 3) - 3.0])
    y = np.repeat([1.0, -1.0], 4)
    # In these two the first epoch makes two mistakes and the second none: who ends after an epoch with one
    # mistake, which was the last, does not end here.
    two, sides = np.diag(rng.uniform(2, low=1.0, high=2.0)), np.array([1.0, -1.0])
    if student.train_epoch(two, sides, np.zeros(2), 0.0)[2] != 2:
        return False
    for examples, labels in ((X, y), (two, sides)):
        w, b, epochs = student.fit(examples, labels, 200)
        right_w, right_b, right = reference.fit(examples, labels, 200)
        if not (np.allclose(w, right_w) and np.isclose(b, right_b) and epochs == right - 1):
            return False
    return True


@mistake("bias_lost_between_epochs", checks=("fitting",))
def bias_lost_between_epochs(student, reference, rng):
    # By the student's own epochs, with the bias that was learned before and without it.
    ray = rng.uniform(3, low=1.0, high=1.3)
    X, y, ends = np.stack([ray, 2 * ray]), np.array([1.0, -1.0]), []
    for kept in (True, False):
        w, b = np.zeros(3), 0.0
        for _ in range(4):
            w, b, _ = student.train_epoch(X, y, w, float(b) if kept else 0.0)
        ends.append([*w, b])
    w, b, _ = student.fit(X, y, 4)
    return np.allclose([*w, b], ends[1]) and not np.allclose([*w, b], ends[0])


@mistake("starts_from_random_weights", checks=("fitting",))
def starts_from_random_weights(student, reference, rng):
    # Examples that are zero move the bias and no weight: what comes out is what it started from.
    w = student.fit(np.zeros((3, 4)), np.ones(3), 1)[0]
    return np.shape(w) == (4,) and np.all(w != 0) and len(np.unique(w)) == 4  # not all ones


@mistake("weights_changed_in_place", checks=("arguments_unchanged",))
def weights_changed_in_place(student, reference, rng):
    X, y, w = rng.normal(4, 3), np.ones(4), rng.normal(3)
    w[:] = -X[0]
    after = observe(student.train_epoch, X, y, w, b=0.0).args_after
    return np.array_equal(after[0], X) and np.array_equal(after[1], y) and not np.array_equal(after[2], w)
