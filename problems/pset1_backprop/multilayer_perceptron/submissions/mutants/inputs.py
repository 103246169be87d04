"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""


def ask(answer, rng):
    n, layers = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    sizes = [int(size) for size in rng.integers(1, 5, (layers + 1,))]
    parameters = [(rng.normal(d, k), rng.normal(k)) for d, k in zip(sizes, sizes[1:])]
    x, targets, dy = rng.normal(n, sizes[0]), rng.normal(n, sizes[-1]), rng.normal(n, sizes[-1])
    yield answer.forward(x, parameters)
    yield answer.loss(dy, targets)
    yield answer.loss_backward(dy, targets)
    yield answer.backward(dy, x, parameters)
    gradients = [(rng.normal(*W.shape), rng.normal(*b.shape)) for W, b in parameters]
    stepped = answer.step(parameters, gradients, float(rng.uniform(low=0.01, high=2.0)))
    yield stepped
    yield x, targets, dy, parameters, gradients
    # One thing at a time: the weights after a step, its biases, and a network of one layer.
    yield [W for W, _ in stepped]
    yield [b for _, b in stepped]
    yield answer.forward(x, parameters[:1])
    yield answer.backward(rng.normal(n, sizes[1]), x, parameters[:1])
