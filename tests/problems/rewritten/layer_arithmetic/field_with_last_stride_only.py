def output_size(size, kernel, stride=1, padding=0, dilation=1):
    return 1 + (size + 2 * padding - dilation * (kernel - 1) - 1) // stride


def receptive_field(layers):
    field = 1
    jumps = [1]
    for layer in layers:
        jumps.append(jumps[-1] * layer[1])
    before = 1
    for kernel, stride, dilation in layers:
        field = field + dilation * (kernel - 1) * before
        before = stride
    return field, jumps[-1]


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    total = 0
    for g in range(groups):
        total += (c_in // groups) * (c_out // groups) * kernel[0] * kernel[1]
    if bias:
        total += c_out
    return total


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    pixels = output[0] * output[1]
    total = 0
    for g in range(groups):
        filters = c_out // groups
        n = (c_in // groups) * kernel[0] * kernel[1]
        total += filters * pixels * (n + n - 1)
    if bias:
        total += c_out * pixels
    return total
