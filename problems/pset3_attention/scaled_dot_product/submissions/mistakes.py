"""How to recognise mistakes whose weights are zeros and ones, as those of others are, or NaN."""

import numpy as np

from grader.authoring import mistake


def _weights(student, rng, above):
    """(masked, allowed): the weights of a query for a key that is masked, with a score so far above those of
    the keys that it may attend to, and for these."""
    scores = rng.normal(1, 5)
    scores[0, 2] += above
    mask = np.arange(5)[None] != 2
    _, weights = student.attention(scores * np.sqrt(5.0), np.eye(5), rng.normal(5, 3), mask)
    return weights[0, 2], weights[0, mask[0]]


def _masks(student, rng):
    """Whether masks work where all scores are small."""
    masked, allowed = _weights(student, rng, 3.0)
    return masked == 0 and np.isclose(allowed.sum(), 1.0)


@mistake("maximum_over_masked_keys", checks=("large_scores",))
def maximum_over_masked_keys(student, reference, rng):
    _, allowed = _weights(student, rng, 2000.0)
    return _masks(student, rng) and not np.nan_to_num(allowed).any()


@mistake("ten_thousand_taken_off", checks=("large_scores",))
def ten_thousand_taken_off(student, reference, rng):
    (_, below), (_, above) = (_weights(student, rng, score) for score in (9000.0, 11000.0))
    return _masks(student, rng) and bool(np.isclose(below.sum(), 1.0)) and not above.any()


def _empty_row(student, reference, rng):
    """(works, got, unmasked): whether the mask works for all other queries; and the weights of the one that
    may attend to nothing, and those it would have without a mask."""
    q, k, v = rng.normal(4, 6), rng.normal(5, 6), rng.normal(5, 3)
    mask = np.arange(5) < np.array([[2], [0], [3], [4]])
    got, right = (side.attention(q, k, v, mask)[1] for side in (student, reference))
    others = [0, 2, 3]
    return np.allclose(got[others], right[others], atol=1e-6), got[1], reference.attention(q, k, v)[1][1]


@mistake("fully_masked_row_is_nan", checks=("nothing_allowed",))
def fully_masked_row_is_nan(student, reference, rng):
    works, got, _ = _empty_row(student, reference, rng)
    return works and bool(np.isnan(got).all())


@mistake("fully_masked_row_unmasked", checks=("nothing_allowed",))
def fully_masked_row_unmasked(student, reference, rng):
    works, got, unmasked = _empty_row(student, reference, rng)
    return works and np.allclose(got, unmasked, atol=1e-5)


@mistake("mask_ignored", checks=("nothing_allowed",))
def mask_ignored(student, reference, rng):
    q, k, v = rng.normal(4, 6), rng.normal(5, 6), rng.normal(5, 3)
    mask = np.arange(5) < np.array([[2], [0], [3], [4]])
    return np.allclose(student.attention(q, k, v, mask)[1], reference.attention(q, k, v)[1])
