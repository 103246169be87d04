"""Groups as layers of their own, added up; products by math.prod; the field as a sum over layers."""

import math


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    return math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1)


def receptive_field(layers):
    strides = [stride for _, stride, _ in layers]
    steps = [(layer[0] - 1) * layer[2] * math.prod(strides[:index]) for index, layer in enumerate(layers)]
    return sum(steps, start=1), math.prod(strides)


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    small = math.prod((c_in // groups, c_out // groups, *kernel))
    biases = c_out // groups if bias else 0
    return sum(small + biases for _ in range(groups))


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    outputs = math.prod(output)
    multiplications = parameters(c_in, c_out, kernel, groups, bias=False) * outputs
    additions = multiplications - c_out * outputs
    if bias:
        additions += c_out * outputs
    return multiplications + additions
