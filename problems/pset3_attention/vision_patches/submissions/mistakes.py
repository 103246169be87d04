"""How to recognise the mistakes that may end in an exception: on images that any of them can cut."""

import torch

from grader.authoring import mistake


def _same(got, wanted):
    return got.shape == wanted.shape and torch.allclose(got, wanted)


@mistake("rows_and_columns_of_patch_swapped", checks=("patch_of_any_shape",))
def rows_and_columns_of_patch_swapped(student, reference, rng):
    images = rng.tensor(2, 3, 6, 6)
    return _same(student.patchify(images, (2, 3)), reference.patchify(images, (3, 2)))


@mistake("square_patches", checks=("patch_of_any_shape",))
def square_patches(student, reference, rng):
    images = rng.tensor(2, 3, 6, 6)
    got = student.patchify(images, (2, 3))
    return any(_same(got, reference.patchify(images, (size, size))) for size in (2, 3))
