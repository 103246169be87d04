"""*Wrong:* groups ignored (the reverse: both channel numbers are divided, and the groups not added up again)"""

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
    a, b = c_in // groups, c_out // groups
    return a * b * kernel[0] * kernel[1] + (c_out if bias else 0)


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    products = kernel[0] * kernel[1] * (c_in // groups)
    each = products + (products - 1) + int(bias)
    return each * c_out * output[0] * output[1]
