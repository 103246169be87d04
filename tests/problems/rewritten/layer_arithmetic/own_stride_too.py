"""*Wrong:* stride product left out (of the layers before; here its own stride counts as well)"""

def _span(kernel, dilation):
    return dilation * (kernel - 1) + 1


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    return 1 + (size + 2 * padding - _span(kernel, dilation)) // stride


def receptive_field(layers):
    f = j = 1
    for k, s, d in layers:
        j *= s
        f += d * (k - 1) * j
    return f, j


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    each = kernel[0] * kernel[1] * (c_in // groups) + int(bias)
    return c_out * each


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    products = kernel[0] * kernel[1] * (c_in // groups)
    each = products + (products - 1) + int(bias)
    return each * c_out * output[0] * output[1]
