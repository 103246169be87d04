"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""


def ask(answer, rng):
    n, d, c = (int(size) for size in rng.integers(1, 6, (3,)))
    x, W, b = rng.normal(n, d), rng.normal(d, c), rng.normal(c)
    yield answer.linear_forward(x, W, b)
    yield answer.linear_backward(rng.normal(n, c), x, W)
    logits, labels = rng.normal(n, c, scale=float(10.0 ** rng.uniform(low=-2, high=3.5))), rng.labels(n, c)
    yield answer.softmax(logits)
    yield answer.cross_entropy(logits, labels)
    probs = rng.uniform(n, c, low=0.1, high=1.0)
    probs[0, 1:2] = 0.0  # a softmax may underflow
    probs /= probs.sum(axis=1, keepdims=True)
    yield answer.cross_entropy_backward(probs, labels)
    yield x, W, b, logits, labels, probs
    # Far from zero, all on one side: here nobody gets away with exp(logits).
    far = rng.normal(n, c) + (1000.0 if rng.mask(1)[0] else -1000.0)
    yield answer.softmax(far)
    yield answer.cross_entropy(far, labels)
    one = rng.uniform(1, c, low=0.1, high=1.0)
    yield answer.cross_entropy_backward(one, labels[:1])
    yield one  # was it changed? Those of one example are divided by one
