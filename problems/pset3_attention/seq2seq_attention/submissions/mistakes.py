"""How to recognise mistakes that end in NaN, or are written with other numbers each time."""

import numpy as np

from grader.authoring import mistake


@mistake("maximum_over_filling", checks=("large_scores",))
def maximum_over_filling(student, reference, rng):
    found = []
    for above in (3.0, 2000.0):
        scores = rng.normal(1, 5)
        scores[0, 3:] += above
        found.append(student.attention_weights(scores, np.array([3]))[0])
    right = np.isclose(found[0][:3].sum(), 1.0) and not found[0][3:].any()
    return bool(right) and not np.nan_to_num(found[1]).any()


def _twice(student, rng):
    """(scores, weights of them, weights with other scores in the filling): of two words and three fillings."""
    scores, others = rng.normal(2, 1, 5)
    others[:, :2] = scores[:, :2]
    lengths = np.array([2])
    return scores[0], *(student.attention_weights(each, lengths)[0] for each in (scores, others))


@mistake("filling_given_a_score", checks=("filling",))
def filling_given_a_score(student, reference, rng):
    scores, first, second = _twice(student, rng)
    words = np.isclose(first[0] / first[1], np.exp(scores[0] - scores[1]))
    filled = first[2] > 0 and np.allclose(first[2:] / first[2], 1.0)
    return words and filled and np.allclose(first, second) and bool(np.isclose(first.sum(), 1.0))


@mistake("words_masked_for_filling", checks=("filling",))
def words_masked_for_filling(student, reference, rng):
    scores, weights, _ = _twice(student, rng)
    shares = np.exp(scores[2:])
    return not weights[:2].any() and np.allclose(weights[2:], shares / shares.sum())


def _square(student, rng):
    """(weights, memory, context), with as many features as words."""
    weights, memory = rng.uniform(3, 4, low=0.1), rng.normal(3, 4, 4)
    return weights, memory, student.context_vector(weights, memory)


@mistake("context_over_features", checks=("context",))
def context_over_features(student, reference, rng):
    weights, memory, context = _square(student, rng)
    sums = (np.einsum("bt,bte->bt", weights, memory), np.einsum("be,bte->bt", weights, memory))
    return context.shape == (3, 4) and any(np.allclose(context, each) for each in sums)


@mistake("context_of_all_sentences", checks=("context",))
def context_of_all_sentences(student, reference, rng):
    weights, memory, context = _square(student, rng)
    before = context.copy()
    weights[1:], memory[1:] = rng.uniform(2, 4, low=0.1), rng.normal(2, 4, 4)
    after = student.context_vector(weights, memory)
    return context.shape == (3, 4) and not np.allclose(before[0], after[0])
