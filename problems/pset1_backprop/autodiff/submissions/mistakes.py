"""How to recognise the mistakes that end in an exception, or in a slope of 0 or 1."""

from grader.authoring import expect, mistake, value


def _slope(student, number):
    """The slope of the ReLU."""
    leaf = student.Value(number)
    leaf.relu().backward()
    return value(leaf, "grad")


@mistake("relu_slope_at_zero", checks=("functions",))
def relu_slope_at_zero(student, reference, rng):
    # Not where it passes below zero too: then the kink is in another place.
    numbers = float(rng.uniform(low=1.2, high=2.5)), float(rng.uniform(low=0.001, high=0.01))
    right = all(_slope(student, number) == 1 and _slope(student, -number) == 0 for number in numbers)
    return right and _slope(student, 0.0) != 0


@mistake("relu_slope_everywhere", checks=("functions",))
def relu_slope_everywhere(student, reference, rng):
    number = float(rng.uniform(low=1.2, high=2.5))
    return _slope(student, number) == 1 and _slope(student, -number) == 1


def _chain(student, length):
    leaf = student.Value(1.5)
    total = leaf
    for _ in range(length):
        total = total + 1.0
    return leaf, total


@mistake("recursion", checks=("deep",))
def recursion(student, reference, rng):
    leaf, total = _chain(student, 50)
    total.backward()
    expect.close(value(leaf, "grad"), 1.0, what="The derivative")
    _, total = _chain(student, 1200)
    expect.raises(RecursionError, total.backward, what="A deep graph")
    return True
