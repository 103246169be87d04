"""You add k for each layer: a window of k pixels has k - 1 steps, and adds d (k - 1) times the jump."""

def output_size(size, kernel, stride=1, padding=0, dilation=1):
    effective_kernel = dilation * (kernel - 1) + 1
    return (size + 2 * padding - effective_kernel) // stride + 1


def receptive_field(layers):
    field = 1
    jump = 1
    for kernel, stride, dilation in layers:
        field = field + kernel * dilation * jump
        jump = jump * stride
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
