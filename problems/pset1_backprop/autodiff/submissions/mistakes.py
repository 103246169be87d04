"""How to recognise the mistakes that end in an exception, or in a slope of 0 or 1, and those whose values depend
on the order in which a student visits the graph.
"""

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


def _uses(student, numbers):
    """For five programs that use ``a`` in two operations: "sum" if its gradient is that of both uses, "one" if it
    is that of one of them, else "other". It stands on the left of two sums, on the right of two, the same for
    products, and in functions of one value.
    """
    found = []
    for program in (
        lambda a, b, c: ((a + b), (a + c)),
        lambda a, b, c: ((b + a), (c + a)),
        lambda a, b, c: (a * b, a * c),
        lambda a, b, c: (b * a, c * a),
        lambda a, b, c: (a.exp() * b, a.tanh() * c),
    ):
        parts = []
        for used in ((True, False), (False, True), (True, True)):
            a, b, c = (student.Value(number) for number in numbers)
            left, right = program(a, b, c)
            other = student.Value(numbers[0])
            if not used[0]:
                left = program(other, b, c)[0]
            if not used[1]:
                right = program(other, b, c)[1]
            (left * right).backward()
            parts.append(value(a, "grad"))
        first, second, both = parts
        right = _near(both, first + second) and not (_near(first, 0.0) or _near(second, 0.0))
        one = _near(both, first) or _near(both, second)
        found.append("sum" if right else "one" if one else "other")
    return found


def _near(one, other):
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-3)


def _three(rng):
    return [float(number) for number in rng.uniform(3, low=1.2, high=2.5)]


@mistake("assigned_for_added", checks=("reuse", "order"))
def assigned_for_added(student, reference, rng):
    # Wherever it is assigned, but for one side alone, which is told on its own.
    found = _uses(student, _three(rng))
    sides = (["sum", "one", "sum", "one", "sum"], ["one", "sum", "one", "sum", "sum"])
    return "other" not in found and "one" in found and found[:4] not in [side[:4] for side in sides]


@mistake("other_side_assigned", checks=("reuse",))
def other_side_assigned(student, reference, rng):
    return _uses(student, _three(rng))[:4] == ["sum", "one", "sum", "one"]


@mistake("left_side_assigned", checks=("reuse", "order"))
def left_side_assigned(student, reference, rng):
    return _uses(student, _three(rng))[:4] == ["one", "sum", "one", "sum"]


def _twice(student, rng):
    """(a product with c of a b, its gradients after one backward, and after a second)."""
    leaves = [student.Value(number) for number in _three(rng)]
    a, b, c = leaves
    product = a * b
    result = product * c
    found = []
    for _ in range(2):
        result.backward()
        found.append([value(each, "grad") for each in (a, product, result)])
    return found


@mistake("stale_gradients", checks=("second_backward",))
def stale_gradients(student, reference, rng):
    # Nothing is reset: the result's own gradient may be set to one, or grow too.
    first, (leaf, between, result) = _twice(student, rng)
    more = _near(between, 2 * first[1]) and _near(leaf, 3 * first[0])
    grows = _near(between, 3 * first[1]) and _near(leaf, 4 * first[0]) and _near(result, 2.0)
    return more or grows
