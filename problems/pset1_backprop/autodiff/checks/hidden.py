"""Hidden checks. Each charges for one property.

The operations are judged by small programs that are run on the student's values and the reference's, where
every value is used once. Plain numbers, reuse, order and repetition are judged by the student's own gradients
of the same program without them, so that an operation that is wrong is not charged again.
"""

from grader.authoring import check, expect, value

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


def _numbers(rng, count):
    """Positive numbers, none of them near 0 or 1, so that every mistake shows and every logarithm exists."""
    return [float(number) for number in rng.uniform(count, low=1.2, high=2.5)]


def _expect_data(student, reference, program, numbers):
    got, wanted = (
        value(program(*(side.Value(number) for number in numbers)), "data") for side in (student, reference)
    )
    expect.close(got, wanted, what="The value of an expression", **TOLERANCE)


def _gradients(side, program, numbers):
    leaves = [side.Value(number) for number in numbers]
    program(*leaves).backward()
    return [value(leaf, "grad") for leaf in leaves]


def _expect_gradients(student, reference, program, numbers):
    got, wanted = (_gradients(side, program, numbers) for side in (student, reference))
    for mine, right in zip(got, wanted, strict=True):
        expect.close(mine, right, what="The derivative with respect to an input", **TOLERANCE)


@check("Expressions have the right values", points=1)
def values(student, reference, rng):
    for program in (
        lambda a, b, c, d: a + b * c - d,
        lambda a, b, c, d: (a - b) / (c * d),
        lambda a, b, c, d: -(a**3) + b**-2 + c**0.5 - d,
        lambda a, b, c, d: a.exp() + b.log() + c.tanh() + d.relu() + (-a).relu(),
    ):
        _expect_data(student, reference, program, _numbers(rng, 4))


@check("Gradients of sums, differences and products", points=1.5)
def sums_and_products(student, reference, rng):
    for program in (
        lambda a, b, c: a + b + c,
        lambda a, b, c: a * b * c,
        lambda a, b, c: a - b - c,
        lambda a, b, c: a * (b - c),
        lambda a, b, c: -(a * b) + c,
    ):
        _expect_gradients(student, reference, program, _numbers(rng, 3))


@check("Gradients of quotients and powers", points=1)
def quotients_and_powers(student, reference, rng):
    for program in (
        lambda a, b: a / b,
        lambda a, b: a**3 + b**-2,
        lambda a, b: a**0.5 + b**1,
        lambda a, b: a**2 / b**3,
        lambda a, b: a**0 + b,
    ):
        _expect_gradients(student, reference, program, _numbers(rng, 2))


@check("Gradients of exp, log, tanh and ReLU", points=1)
def functions(student, reference, rng):
    for program in (
        lambda a, b: a.exp() + b.log(),
        lambda a, b: a.tanh() + b.relu(),
        lambda a, b: a.exp().log() + b.tanh().exp(),
    ):
        numbers = _numbers(rng, 2)
        _expect_gradients(student, reference, program, numbers)
    negative = [-number for number in numbers]
    _expect_gradients(student, reference, lambda a, b: a.relu() + b.tanh(), negative)
    small = [number - 1.1 for number in numbers]  # a kink at 1 would show here
    _expect_gradients(student, reference, lambda a, b: a.relu() + b.relu(), small)
    zero = _gradients(student, lambda a: a.relu(), [0.0])
    expect.close(zero[0], 0.0, what="The slope of the ReLU at 0", **TOLERANCE)


@check("Plain numbers on either side", points=0.5)
def plain_numbers(student, reference, rng):
    for program in (
        lambda a, two, three: three + a * two,
        lambda a, two, three: two * a + three,
        lambda a, two, three: three - a,
        lambda a, two, three: a - three,
        lambda a, two, three: two / a,
        lambda a, two, three: a / two,
    ):
        (number,) = _numbers(rng, 1)
        plain, wrapped = student.Value(number), student.Value(number)
        got = program(plain, 2.5, 3)
        wanted = program(wrapped, student.Value(2.5), student.Value(3))
        expect.close(
            value(got, "data"), value(wanted, "data"), what="A value with a plain number", **TOLERANCE
        )
        got.backward()
        wanted.backward()
        slope = value(wrapped, "grad")
        expect.that(slope != 0, "The derivative of an expression with a plain number is zero.")
        expect.close(value(plain, "grad"), slope, what="The derivative with a plain number", **TOLERANCE)


def _expect_shared(student, graph, tree, numbers):
    """The gradients of ``graph`` are those of ``tree``, in which nothing is used twice.

    graph: makes the result from the leaves. tree: makes it from ``new``, where ``new(i)`` is one more leaf
    with the number of leaf i.
    """
    leaves, copies = [student.Value(number) for number in numbers], []

    def new(index):
        copies.append((index, student.Value(numbers[index])))
        return copies[-1][1]

    graph(*leaves).backward()
    tree(new).backward()
    for index, leaf in enumerate(leaves):
        parts = [value(copy, "grad") for of, copy in copies if of == index]
        expect.that(any(parts), "The derivative with respect to an input is zero.")
        got = value(leaf, "grad")
        expect.close(got, sum(parts), what="The derivative with respect to a value used twice", **TOLERANCE)


@check("A value that is used more than once collects from every use", points=2)
def reuse(student, reference, rng):
    for program in (
        lambda a, a2, a3, b, b2: a + a2 + b,
        lambda a, a2, a3, b, b2: a * a2 * b,
        lambda a, a2, a3, b, b2: a * b + a2 * b2,
        lambda a, a2, a3, b, b2: b * (a + b2) + a2 / a3,
        lambda a, a2, a3, b, b2: a.exp() * a2.tanh() + b.log() * b2,
    ):
        _expect_shared(
            student,
            lambda a, b, program=program: program(a, a, a, b, b),
            lambda new, program=program: program(new(0), new(0), new(0), new(1), new(1)),
            _numbers(rng, 2),
        )


def _rung(make):
    """Uses what ``make`` makes at once, and by a longer way."""
    return make() * make().tanh() + make()


def _chain(value):
    for _ in range(5):
        value = value.tanh() * 2.0
    return value


@check("A value passes its gradient on once, when it is complete", points=1.5)
def order(student, reference, rng):
    def ladder(a, b):
        first = a * b
        second = _rung(lambda: first)
        third = _rung(lambda: second)
        return _rung(lambda: third)

    def ladder_as_tree(new):
        return _rung(lambda: _rung(lambda: _rung(lambda: new(0) * new(1))))

    def short_and_long(a, b):
        middle = a * b
        return middle * _chain(middle)

    def short_and_long_as_tree(new):
        return (new(0) * new(1)) * _chain(new(0) * new(1))

    def long_and_short(a, b):
        middle = a * b
        return _chain(middle) * middle

    def long_and_short_as_tree(new):
        return _chain(new(0) * new(1)) * (new(0) * new(1))

    for graph, tree in (
        (ladder, ladder_as_tree),
        (short_and_long, short_and_long_as_tree),
        (long_and_short, long_and_short_as_tree),
    ):
        _expect_shared(student, graph, tree, _numbers(rng, 2))


@check("A second backward starts afresh", points=1)
def second_backward(student, reference, rng):
    numbers = _numbers(rng, 2)
    a, b = (student.Value(number) for number in numbers)
    product = a * b
    result = product + a
    result.backward()
    once = [value(leaf, "grad") for leaf in (a, b, product)]
    expect.that(any(once), "All derivatives are zero.")
    result.backward()
    for before, leaf in zip(once, (a, b, product), strict=True):
        expect.close(value(leaf, "grad"), before, what="The derivative after a second backward", **TOLERANCE)
    # Another result made from the same values: by the student's own answer for values that are new.
    (a * b * b).backward()
    fresh = _gradients(student, lambda a, b: a * b * b, numbers)
    for leaf, wanted in zip((a, b), fresh, strict=True):
        expect.close(value(leaf, "grad"), wanted, what="The derivative of another result", **TOLERANCE)


@check("A graph more than a thousand operations deep", points=0.5, instances=2)
def deep(student, reference, rng):
    (start,) = _numbers(rng, 1)
    leaf = student.Value(start)
    total = leaf
    for _ in range(1200):
        total = total + 1.0
    total.backward()
    expect.close(value(leaf, "grad"), 1.0, what="The derivative with respect to the first value", **TOLERANCE)
