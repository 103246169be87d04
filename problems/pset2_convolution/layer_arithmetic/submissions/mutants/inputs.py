"""Random calls on which mutants are compared with the reference: none of a check's own inputs."""


def ask(answer, rng):
    size, kernel, stride, padding, dilation = (
        int(rng.integers(low, high)) for low, high in ((1, 40), (1, 6), (1, 5), (0, 5), (1, 4))
    )
    if size + 2 * padding >= dilation * (kernel - 1) + 1:
        yield answer.output_size(size, kernel, stride, padding, dilation)
    yield answer.output_size(size + 6, kernel)
    layers = [tuple(map(int, rng.integers(1, 5, (3,)))) for _ in range(int(rng.integers(0, 5)))]
    yield answer.receptive_field(layers)
    groups = int(rng.integers(1, 5))
    c_in, c_out = (groups * int(rng.integers(1, 5)) for _ in range(2))
    kernel, output = (tuple(map(int, rng.integers(1, 7, (2,)))) for _ in range(2))
    for bias in (True, False):
        yield answer.parameters(c_in, c_out, kernel, groups, bias)
        yield answer.operations(c_in, c_out, kernel, output, groups, bias)
    yield answer.parameters(c_in, c_out, kernel)
    yield answer.operations(c_in, c_out, kernel, output)
