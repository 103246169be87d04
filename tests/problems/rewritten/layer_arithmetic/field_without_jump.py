"""Sizes, receptive fields and costs of convolutional layers, by formula."""


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    span = dilation * (kernel - 1) + 1
    return (size + 2 * padding - span) // stride + 1


def receptive_field(layers):
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += dilation * (kernel - 1)
        jump *= stride
    return field, jump


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    rows, columns = kernel
    weights = c_out * (c_in // groups) * rows * columns
    return weights + (c_out if bias else 0)


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    rows, columns = kernel
    products = (c_in // groups) * rows * columns
    each = products + (products - 1) + (1 if bias else 0)
    return each * c_out * output[0] * output[1]
