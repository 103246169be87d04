"""What a convolutional network sees and costs, by arithmetic alone.

All arguments and results are Python integers (or tuples of them). Nothing is computed on images.
"""


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many outputs a convolution has along one axis.

    size: pixels of the input along that axis, before the padding on both sides.
    """
    raise NotImplementedError


def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """What one output of a stack of layers sees of the input, along one axis.

    layers: (kernel, stride, dilation) of each layer, the first layer first. May be empty.
    Returns (field, jump): how many input pixels, from the first to the last that has any influence, one
    output spans; and how many input pixels apart two neighbouring outputs are.
    """
    raise NotImplementedError


def parameters(c_in: int, c_out: int, kernel: tuple[int, int], groups: int = 1, bias: bool = True) -> int:
    """How many numbers a convolutional layer learns. kernel: (rows, columns)."""
    raise NotImplementedError


def operations(
    c_in: int,
    c_out: int,
    kernel: tuple[int, int],
    output: tuple[int, int],
    groups: int = 1,
    bias: bool = True,
) -> int:
    """How many multiplications and additions, both counted, one image costs.

    output: (rows, columns) of the layer's result.
    """
    raise NotImplementedError
