"""*Wrong:* groups ignored"""

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
    kh, kw = kernel
    total = c_in * c_out * kh * kw
    if bias:
        total += c_out
    return total


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    kh, kw = kernel
    oh, ow = output
    n = c_in * kh * kw
    return c_out * oh * ow * (2 * n if bias else 2 * n - 1)
