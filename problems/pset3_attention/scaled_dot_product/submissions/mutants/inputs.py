"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""


def ask(answer, rng):
    lq, lk, d, dv, b = (int(size) for size in rng.integers(1, 6, (5,)))
    ahead = tuple(int(size) for size in rng.integers(1, 4, (int(rng.integers(0, 3)),)))
    scale = float(10.0 ** rng.uniform(low=-1, high=1.5))
    q, k, v, dout = (
        rng.normal(*ahead, *shape, scale=size)
        for shape, size in (((lq, d), scale), ((lk, d), 1.0), ((lk, dv), 1.0), ((lq, dv), 1.0))
    )
    masks = [None, rng.mask(lq, lk), rng.mask(*ahead, lq, lk, p=0.3), rng.mask(1, lk)]
    for mask in masks:
        yield answer.attention(q, k, v, mask)
        yield answer.attention_backward(dout, q, k, v, mask)
    yield answer.causal_mask(min(lq, lk), lk)
    yield answer.padding_mask(rng.integers(0, lk + 1, (b,)), lk)
    yield [q, k, v, dout, *masks[1:]]
    # Scores of hundreds and thousands, on both sides of zero, and rows far from each other.
    yield answer.attention(1000.0 / scale * q, k, v)[1]
