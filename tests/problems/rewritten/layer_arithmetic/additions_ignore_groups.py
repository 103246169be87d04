from math import prod


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    room = size + padding + padding
    reach = (kernel - 1) * dilation
    count = 0
    position = 0
    while position + reach < room:
        count += 1
        position += stride
    return count


def receptive_field(layers):
    # from the top down: one output, what does it need of the layer below, and so on
    field = 1
    for k, s, d in reversed(layers):
        field = (field - 1) * s + d * (k - 1) + 1
    jump = prod(s for _, s, _ in layers)
    return field, jump


def fan_in(c_in, kernel, groups):
    """How many numbers one filter looks at."""
    return c_in * prod(kernel) // groups


def parameters(c_in, c_out, kernel, groups=1, bias=True):
    per_filter = fan_in(c_in, kernel, groups) + bool(bias)
    return per_filter * c_out


def operations(c_in, c_out, kernel, output, groups=1, bias=True):
    n = fan_in(c_in, kernel, groups)
    multiplications = n
    additions = c_in * prod(kernel) - 1
    if bias:
        additions += 1
    return (multiplications + additions) * c_out * prod(output)
