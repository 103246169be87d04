"""Public checks: the handout's worked example, and laws of patches that you can test by yourself."""

import torch

from grader.authoring import check, expect, load_state, state

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
# The worked example of the handout: one image, one channel, two rows, four columns.
IMAGE = torch.arange(1.0, 9.0, dtype=torch.float64).reshape(1, 1, 2, 4)


@check("Worked example: patches of one row and two columns", points=0)
def example(student, reference, rng):
    wanted = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]], dtype=torch.float64)
    expect.close(student.patchify(IMAGE, (1, 2)), wanted, what="The patches", **CLOSE)


@check("Worked example: patches of two rows and two columns", points=0)
def example_of_squares(student, reference, rng):
    wanted = torch.tensor([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]], dtype=torch.float64)
    expect.close(student.patchify(IMAGE, (2, 2)), wanted, what="The patches", **CLOSE)


@check("With two channels, each patch has the first channel and then the second", points=0)
def two_channels(student, reference, rng):
    images = torch.cat([IMAGE, IMAGE + 10], dim=1)
    wanted = torch.tensor([[[1.0, 2.0, 11.0, 12.0], [3.0, 4.0, 13.0, 14.0]]], dtype=torch.float64)
    expect.close(student.patchify(images, (1, 2))[:, :2], wanted, what="The first two patches", **CLOSE)


@check("Putting patches together undoes cutting", points=0)
def round_trip(student, reference, rng):
    images = rng.tensor(2, 3, 4, 9)
    together = student.unpatchify(student.patchify(images, (2, 3)), (2, 3), (4, 9))
    expect.close(together, images, what="The images", **CLOSE)


@check("An embedding with zero weights is class token and positions", points=0)
def zero_weights(student, reference, rng):
    module = student.PatchEmbedding((4, 6), (2, 3), 3, 5)
    module.double()
    zeros = {name: torch.zeros_like(tensor) for name, tensor in state(module).items()}
    token, positions = rng.tensor(1, 1, 5), rng.tensor(1, 5, 5)
    load_state(module, zeros | {"class_token": token, "positions": positions})
    wanted = positions.clone()
    wanted[:, :1] += token
    expect.close(module(rng.tensor(1, 3, 4, 6)), wanted, what="The tokens", **CLOSE)
