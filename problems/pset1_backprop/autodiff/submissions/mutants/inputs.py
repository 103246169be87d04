"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""

import math


def ask(answer, rng):
    """Random expressions of a few values, with numbers in between; what is used, is used several times."""
    leaves = [answer.Value(float(number)) for number in rng.uniform(3, low=0.2, high=2.0)]
    if rng.mask(1)[0]:
        leaves.append(answer.Value(float(rng.integers(-2, 3))))
    made = list(leaves)
    for _ in range(int(rng.integers(1, 9))):
        a, b = (made[int(index)] for index in rng.integers(0, len(made), (2,)))
        number = float(rng.normal(1)[0]) if rng.mask(1)[0] else int(rng.integers(-3, 4))
        choices = [
            lambda a, b, number: a + b,
            lambda a, b, number: a - b,
            lambda a, b, number: a * b,
            lambda a, b, number: -a,
            lambda a, b, number: a.tanh(),
            lambda a, b, number: a.relu(),
            lambda a, b, number: a + number,
            lambda a, b, number: number + a,
            lambda a, b, number: number - a,
            lambda a, b, number: a - number,
            lambda a, b, number: number * a,
        ]
        if abs(a.data) > 0.05:
            choices += [
                lambda a, b, number: b / a,
                lambda a, b, number: number / a,
                lambda a, b, number: a ** int(number),
            ]
        if a.data > 0.05:
            choices += [lambda a, b, number: a.log(), lambda a, b, number: a**number]
        if abs(a.data) < 3:
            choices.append(lambda a, b, number: a.exp())
        made.append(choices[int(rng.integers(0, len(choices)))](a, b, number))
        if not math.isfinite(made[-1].data) or abs(made[-1].data) > 1e6:
            made.pop()
    yield [value.data for value in made]
    for result in (made[-1], made[-1], made[len(made) // 2]):
        result.backward()
        yield [leaf.grad for leaf in leaves]
    # At the kink, and close to it.
    for number in (0.0, float(rng.uniform(low=0.01, high=0.1)), float(rng.uniform(low=-0.1, high=-0.01))):
        leaf = answer.Value(number)
        leaf.relu().backward()
        yield leaf.grad
