"""Nothing but counting: windows are placed, influences traced and weights enumerated one by one."""

from itertools import product


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    starts = range(-padding, size + padding, stride)
    return sum(1 for start in starts if start + dilation * (kernel - 1) < size + padding)


def receptive_field(layers):
    def seen(outputs):
        for kernel, stride, dilation in reversed(layers):
            outputs = {o * stride + dilation * u for o in outputs for u in range(kernel)}
        return outputs

    first, second = seen({0}), seen({1})
    return max(first) - min(first) + 1, min(second) - min(first)


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    weights = sum(1 for _ in product(range(c_out), range(c_in // groups), range(kernel[0]), range(kernel[1])))
    return weights + sum(1 for _ in range(c_out) if bias)


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    total = 0
    for _ in range(output[0] * output[1]):
        terms = parameters(c_in, c_out, kernel, groups, bias=False)
        total += terms + (terms - c_out) + (c_out if bias else 0)
    return total
