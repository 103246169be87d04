"""You multiply every layer's window with all strides: only those of the layers before it widen it."""

def output_size(size, kernel, stride=1, padding=0, dilation=1):
    effective_kernel = dilation * (kernel - 1) + 1
    return (size + 2 * padding - effective_kernel) // stride + 1


def receptive_field(layers):
    jump = 1
    for _, stride, _ in layers:
        jump *= stride
    field = 1
    for kernel, _, dilation in layers:
        field += (kernel - 1) * dilation * jump
    return field, jump


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    kh, kw = kernel
    n = c_out * (c_in // groups) * kh * kw
    if bias:
        n += c_out
    return n


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    kh, kw = kernel
    oh, ow = output
    k = (c_in // groups) * kh * kw
    per_output = k + k - 1
    if bias:
        per_output += 1
    return per_output * c_out * oh * ow
