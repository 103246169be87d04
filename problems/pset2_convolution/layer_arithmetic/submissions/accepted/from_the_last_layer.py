"""The receptive field from the last layer back: a field of F outputs is fed by s (F - 1) plus one window."""


def _span(kernel, dilation):
    return kernel + (kernel - 1) * (dilation - 1)


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    free = size + 2 * padding - _span(kernel, dilation)
    return 1 + (free - free % stride) // stride


def receptive_field(layers):
    field = 1
    jump = 1
    for kernel, stride, dilation in layers[::-1]:
        field = stride * (field - 1) + _span(kernel, dilation)
        jump = jump * stride
    return field, jump


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    rows, columns = kernel
    per_filter = c_in * rows * columns // groups
    return c_out * (per_filter + int(bias))


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    rows, columns = kernel
    per_output = 2 * (c_in * rows * columns // groups) - (not bias)
    return per_output * c_out * output[0] * output[1]
