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
    each = kernel[0] * kernel[1] * (c_in // groups) + int(bias)
    return c_out * each


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    total = 0
    for _ in range(output[0] * output[1]):
        for _ in range(c_out):
            n = kernel[0] * kernel[1] * c_in
            total += n + n - 1
            total += 1 if bias else 0
    return total
