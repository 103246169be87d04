"""Reference solution: output sizes, receptive fields, parameters and operations."""


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    span = dilation * (kernel - 1) + 1  # pixels from the first to the last that a window touches
    return (size + 2 * padding - span) // stride + 1


def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        # The window's pixels lie `dilation` apart in this layer's input, where neighbours are `jump` apart.
        field += dilation * (kernel - 1) * jump
        jump *= stride  # only now: a layer's own stride spreads its outputs, not its window
    return field, jump


def parameters(c_in: int, c_out: int, kernel: tuple[int, int], groups: int = 1, bias: bool = True) -> int:
    weights = c_out * (c_in // groups) * kernel[0] * kernel[1]
    return weights + (c_out if bias else 0)


def operations(
    c_in: int,
    c_out: int,
    kernel: tuple[int, int],
    output: tuple[int, int],
    groups: int = 1,
    bias: bool = True,
) -> int:
    products = (c_in // groups) * kernel[0] * kernel[1]
    # Adding n products takes n - 1 additions; the bias is one more.
    each = products + (products - 1) + (1 if bias else 0)
    return c_out * output[0] * output[1] * each
