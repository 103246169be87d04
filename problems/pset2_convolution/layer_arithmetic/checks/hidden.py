"""Hidden checks. Each charges for one property; the settings that are not on trial have no effect.

Groups and biases are judged by laws: the student's own count without them must change by what they change.
"""

from grader.authoring import check, expect


def _draw(rng, low, high):
    """A random integer, low included and high not."""
    return int(rng.integers(low, high))


@check("The size of the output with a stride, what is left over being ignored", points=1)
def strided_size(student, reference, rng):
    for left_over in (0, 1, 2):
        kernel, stride, outputs = _draw(rng, 2, 6), 3, _draw(rng, 3, 20)
        size = stride * (outputs - 1) + kernel + left_over
        expect.equal(student.output_size(size, kernel, stride), outputs, what="The output's size")


@check("The size of the output with padding on both sides", points=1)
def padded_size(student, reference, rng):
    for _ in range(3):
        size, kernel, padding = _draw(rng, 8, 30), _draw(rng, 2, 6), _draw(rng, 1, 5)
        wanted = reference.output_size(size, kernel, 1, padding)
        expect.equal(student.output_size(size, kernel, 1, padding), wanted, what="The output's size")


@check("The size of the output with a dilated kernel", points=1)
def dilated_size(student, reference, rng):
    for kernel in (1, *rng.sizes(2, 2, 6)):
        size, dilation = _draw(rng, 20, 40), _draw(rng, 2, 5)
        wanted = reference.output_size(size, kernel, 1, 0, dilation)
        expect.equal(student.output_size(size, kernel, 1, 0, dilation), wanted, what="The output's size")


def _field(student, layers):
    found = student.receptive_field(layers)
    expect.that(
        isinstance(found, tuple | list) and len(found) == 2, "receptive_field must return two numbers."
    )
    return found


@check("The receptive field grows with every kernel", points=1)
def field_of_kernels(student, reference, rng):
    for depth in rng.sizes(3, 1, 7):
        layers = [(_draw(rng, 1, 8), 1, 1) for _ in range(depth)] + [(2 * _draw(rng, 1, 4), 1, 1)]
        expect.equal(_field(student, layers)[0], reference.receptive_field(layers)[0], what="The field")


@check("Strides before a layer widen what its kernel sees", points=1.5)
def field_of_strides(student, reference, rng):
    strides = rng.sizes(4, 2, 7)
    layers = [(1, strides[0], 1), (3, strides[1], 1), (5, strides[2], 1), (3, strides[3], 1)]
    expect.equal(_field(student, layers)[0], reference.receptive_field(layers)[0], what="The field")


@check("Dilation widens the receptive field", points=1)
def field_of_dilations(student, reference, rng):
    layers = [(2 * _draw(rng, 1, 4) + 1, 1, _draw(rng, 2, 5)) for _ in range(3)]
    expect.equal(_field(student, layers)[0], reference.receptive_field(layers)[0], what="The field")


@check("Neighbouring outputs are as far apart as the product of all strides", points=0.5)
def jump(student, reference, rng):
    for depth in rng.sizes(3, 2, 6):
        layers = [(_draw(rng, 1, 4), _draw(rng, 2, 5), 1) for _ in range(depth)]
        expect.equal(_field(student, layers)[1], reference.receptive_field(layers)[1], what="The jump")


@check("The number of weights of a layer", points=1)
def weights(student, reference, rng):
    for _ in range(2):
        c_in, c_out, rows, columns = rng.sizes(4, 2, 20)
        got = student.parameters(c_in, c_out, (rows, columns), bias=False)
        expect.equal(got, c_in * c_out * rows * columns, what="The number of parameters")


@check("Groups divide what each filter sees, in parameters and operations", points=1)
def groups(student, reference, rng):
    for count in rng.sizes(2, 2, 6):
        per_group, out_per_group, rows, columns = rng.sizes(4, 2, 9)
        c_in, c_out, kernel = per_group * count, out_per_group * count, (rows, columns)
        # A layer in groups is as many small layers side by side: by the student's own count of those.
        one = student.parameters(per_group, out_per_group, kernel, bias=False)
        expect.that(one > 0, "A layer has no parameters.")
        got = student.parameters(c_in, c_out, kernel, groups=count, bias=False)
        expect.equal(got, count * one, what="The number of parameters in groups")
        one = student.operations(per_group, out_per_group, kernel, (3, 4), bias=False)
        expect.that(one > 0, "A layer has no operations.")
        got = student.operations(c_in, c_out, kernel, (3, 4), groups=count, bias=False)
        expect.equal(got, count * one, what="The number of operations in groups")


@check("A bias is one parameter for each filter, and one addition for each output", points=0.5)
def bias(student, reference, rng):
    c_in, c_out, rows, columns = rng.sizes(4, 2, 20)
    kernel, output = (rows, columns), rng.sizes(2, 5, 30)
    with_bias, without = (student.parameters(c_in, c_out, kernel, bias=bias) for bias in (True, False))
    expect.equal(with_bias - without, c_out, what="What the bias adds to the parameters")
    with_bias, without = (
        student.operations(c_in, c_out, kernel, output, bias=bias) for bias in (True, False)
    )
    expect.equal(
        with_bias - without, c_out * output[0] * output[1], what="What the bias adds to the operations"
    )
    with_bias, without = (
        student.parameters(3 * c_in, 3 * c_out, kernel, groups=3, bias=bias) for bias in (True, False)
    )
    expect.equal(with_bias - without, 3 * c_out, what="What the bias adds to the parameters in groups")


@check("Multiplications and additions are both counted, at every output", points=0.5)
def operations(student, reference, rng):
    c_in, c_out, rows, columns = rng.sizes(4, 2, 12)
    kernel, output = (rows, columns), rng.sizes(2, 5, 30)
    wanted = reference.operations(c_in, c_out, kernel, output, bias=False)
    got = student.operations(c_in, c_out, kernel, output, bias=False)
    expect.equal(got, wanted, what="The number of operations")
