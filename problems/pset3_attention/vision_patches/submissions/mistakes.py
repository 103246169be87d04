"""How to recognise the mistakes that may end in an exception, on images that any of them can cut; and those
that show in what reaches a parameter."""

import torch

from grader.authoring import load_state, mistake, state, vjp


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


def _reached(student, rng):
    """By name, whether a gradient reaches each parameter of an embedding with random weights."""
    module = student.PatchEmbedding((1, 3), (1, 1), 2, 4)
    module.double()
    weights = {name: rng.tensor(*tensor.shape) for name, tensor in state(module).items()}
    load_state(module, weights)
    images = rng.tensor(2, 2, 1, 3)
    found = vjp(module, images, cotangent=rng.tensor(2, 4, 4), parameters=True)
    load_state(module, weights | {"positions": -weights["positions"]})
    assert not torch.allclose(module(images), found.value)  # positions are added, learned or not
    return {
        name: gradient is not None and bool(gradient.any()) for name, gradient in found.parameters.items()
    }


@mistake("class_token_without_gradient", checks=("gradients",))
def class_token_without_gradient(student, reference, rng):
    reached = _reached(student, rng)
    return "class_token" not in reached and reached.get("positions", False)


@mistake("positions_detached", checks=("gradients",))
def positions_detached(student, reference, rng):
    reached = _reached(student, rng)
    return not reached.get("positions", False) and reached.get("class_token", False)
