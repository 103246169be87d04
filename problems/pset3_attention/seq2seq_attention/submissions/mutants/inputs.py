"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""


def ask(answer, rng):
    b, t, d, e, a, h = (int(size) for size in rng.integers(1, 6, (6,)))
    state, memory, same = rng.normal(b, d), rng.normal(b, t, e), rng.normal(b, e)
    W, U, v = rng.normal(d, a), rng.normal(e, a), rng.normal(a)
    yield answer.additive_scores(state, memory, W, U, v)
    yield answer.additive_scores_backward(rng.normal(b, t), state, memory, W, U, v)
    yield answer.dot_scores(state, memory, rng.normal(d, e))
    yield answer.dot_scores(same, memory)
    scores = rng.normal(b, t, scale=float(10.0 ** rng.uniform(low=-1, high=3.5)))
    lengths = rng.integers(1, t + 1, (b,))
    yield answer.attention_weights(scores, lengths)
    weights = rng.uniform(b, t)
    yield answer.context_vector(weights, memory)
    yield answer.attentional_state(rng.normal(b, e), state, rng.normal(e + d, h))
    yield state, memory, W, U, v, scores, lengths, weights
