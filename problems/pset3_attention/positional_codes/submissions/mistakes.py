"""How to recognise the mistakes that show as an exception, in the last digits, or in an argument."""

import torch

from grader.authoring import mistake, observe


@mistake("length_from_the_second_axis", checks=("leading_axes",))
def length_from_the_second_axis(student, reference, rng):
    batch, heads, length = rng.sizes(3, 2, 6)
    positions = torch.arange(length) + 1
    x = rng.tensor(batch, length, heads, 6)  # with the positions where this mistake looks for them
    wanted = reference.rotate(x.transpose(1, 2), positions).transpose(1, 2)
    return torch.allclose(student.rotate(x, positions), wanted)


def _error(student, reference, x, positions):
    """The largest error of a rotation."""
    return float((student.rotate(x, positions) - reference.rotate(x, positions)).abs().max())


@mistake("angles_in_float32", checks=("unchanged_and_precise",))
def angles_in_float32(student, reference, rng):
    x, near = rng.tensor(2, 5, 8), torch.arange(5)
    far = 1e-6 < _error(student, reference, x, near + 40_000) < 0.1
    return far and _error(student, reference, x, near) < 1e-5


@mistake("result_in_float64", checks=("unchanged_and_precise",))
def result_in_float64(student, reference, rng):
    return student.rotate(rng.tensor(2, 5, 8).float(), torch.arange(5)).dtype == torch.float64


@mistake("rotated_in_place", checks=("unchanged_and_precise",))
def rotated_in_place(student, reference, rng):
    x = rng.tensor(2, 5, 8)
    return not torch.equal(observe(student.rotate, x, torch.arange(5) + 1).args_after[0], x)


@mistake("read_past_the_table", checks=("furthest",))
def read_past_the_table(student, reference, rng):
    table = rng.tensor(5, 3)
    got, wanted = (side.relative_bias(table, 1, 3) for side in (student, reference))
    if not torch.allclose(got, wanted):
        return False
    try:
        student.relative_bias(table, 1, 4)
    except Exception:
        return True
    return False
