"""How to recognise the mistakes whose few numbers others come to as well, and those written in many ways."""

import math

from grader.authoring import mistake


@mistake("size_rounded_up", checks=("strided_size",))
def size_rounded_up(student, reference, rng):
    # A window that is one pixel short or long is rounded up at one remainder of each stride, not at all.
    for stride in (1, 2, 3, 4):
        for left_over in range(stride):
            kernel, outputs = int(rng.integers(2, 6)), int(rng.integers(3, 20))
            size = stride * (outputs - 1) + kernel + left_over
            if student.output_size(size, kernel, stride) != outputs + math.ceil(left_over / stride):
                return False
    return True


@mistake("strides_added_for_the_field", checks=("field_of_strides",))
def strides_added_for_the_field(student, reference, rng):
    layers = [(3, 2, 1), (5, 3, 1), (3, 5, 1), (7, int(rng.integers(4, 9)), 1)]

    def field(before):
        return 1 + sum((kernel - 1) * before(layers[:place]) for place, (kernel, *_) in enumerate(layers))

    def added(some):
        return sum(stride for _, stride, _ in some)

    ways = (
        lambda some: max(added(some), 1),
        lambda some: added(some) + 1,
        lambda some: added(some) - len(some) + 1,
    )
    return student.receptive_field(layers)[0] in [field(way) for way in ways]


@mistake("strides_added_up", checks=("jump",))
def strides_added_up(student, reference, rng):
    strides = rng.sizes(4, 2, 8)
    total = sum(strides)
    got = student.receptive_field([(3, stride, 1) for stride in strides])[1]
    return got in (total, total + 1, total - len(strides) + 1)


@mistake("jump_of_one_layer", checks=("jump",))
def jump_of_one_layer(student, reference, rng):
    strides = rng.sizes(4, 2, 8)
    got = student.receptive_field([(3, stride, 1) for stride in strides])[1]
    return got in (1, strides[0], strides[-1], max(strides), min(strides), math.prod(strides[1:]))


def _bias(student, reference, rng):
    """What a bias adds, (to parameters, to operations), with the numbers of filters and of outputs.

    None where the student adds it with and without: that adds nothing either, and is not to leave it out.
    """
    c_in, filters, rows, columns = rng.sizes(4, 2, 20)
    outputs = rng.sizes(2, 5, 30)
    added = []
    for function, arguments in (
        ("parameters", (c_in, filters, (rows, columns))),
        ("operations", (c_in, filters, (rows, columns), outputs)),
    ):
        count = getattr(student, function)
        with_it, without = (count(*arguments, bias=bias) for bias in (True, False))
        always = with_it == without == getattr(reference, function)(*arguments, bias=True)
        added.append(None if always else with_it - without)
    return *added, filters, outputs[0] * outputs[1]


@mistake("bias_left_out_of_parameters", checks=("bias",))
def bias_left_out_of_parameters(student, reference, rng):
    to_parameters, to_operations, *_ = _bias(student, reference, rng)
    return to_parameters == 0 and to_operations != 0


@mistake("bias_left_out_of_operations", checks=("bias",))
def bias_left_out_of_operations(student, reference, rng):
    to_parameters, to_operations, *_ = _bias(student, reference, rng)
    return to_operations == 0 and to_parameters != 0


@mistake("bias_counted_too_seldom", checks=("bias",))
def bias_counted_too_seldom(student, reference, rng):
    to_parameters, to_operations, filters, outputs = _bias(student, reference, rng)
    return to_parameters == 1 or to_operations in (1, filters, outputs)
