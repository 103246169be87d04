"""Your receptive field is 1 too small: without layers a pixel sees itself, so begin with 1."""

def output_size(size, kernel, stride=1, padding=0, dilation=1):
    effective_kernel = dilation * (kernel - 1) + 1
    return (size + 2 * padding - effective_kernel) // stride + 1


def receptive_field(layers):
    field = 0
    jump = 1
    for k, s, d in layers:
        field += (k - 1) * d * jump
        jump *= s
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
