"""How to recognise the mistake whose few small numbers others come to as well."""

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
