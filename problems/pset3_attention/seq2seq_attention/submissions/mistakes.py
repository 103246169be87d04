"""How to recognise a mistake that ends in NaN, or in weights that are all zero."""

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
