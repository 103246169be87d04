"""*Wrong:* bias left out"""

def _span(kernel, dilation):
    return dilation * (kernel - 1) + 1


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    return 1 + (size + 2 * padding - _span(kernel, dilation)) // stride


def receptive_field(layers):
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += (_span(kernel, dilation) - 1) * jump
        jump *= stride
    return field, jump


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    rows, columns = kernel
    return rows * columns * c_in * c_out // groups


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    n = c_in // groups
    for side in kernel:
        n *= side
    places = output[0] * output[1] * c_out
    return places * (2 * n - 1)
