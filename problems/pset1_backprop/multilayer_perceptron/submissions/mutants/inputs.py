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
    yield answer.step(parameters, gradients, float(rng.uniform(low=0.01, high=2.0)))
    yield x, targets, dy, parameters, gradients
