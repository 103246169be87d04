"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

The order of the patches is judged on images whose patches are each of one colour, what is inside of a patch
on an image that is one patch, both with square patches. The embedding is judged with patches of a single
pixel, so that cutting is not on trial, and the parts of its sum one at a time, the others being zero.
"""

import torch

from grader.authoring import check, expect, load_state, state, vjp

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


def _one_colour_each(rng, batch, grid, patch):
    """Images of one channel whose patches are each of one colour: (B, 1, H, W), and the colours, (B, N)."""
    colours = rng.tensor(batch, 1, *grid)
    images = colours.repeat_interleave(patch[0], dim=2).repeat_interleave(patch[1], dim=3)
    return images, colours.flatten(1)


def _module(student, image_size, patch, channels, embed_dim, **given):
    """An embedding in float64 whose parameters are zero, but for those given."""
    module = student.PatchEmbedding(image_size, patch, channels, embed_dim)
    module.double()
    found = state(module)
    missing = [name for name in ("proj.weight", "class_token", "positions") if name not in found]
    expect.that(not missing, "The module lacks some of the parameters that the handout names.")
    load_state(module, {name: torch.zeros_like(tensor) for name, tensor in found.items()} | given)
    return module


@check("Patches come in reading order", points=1.5)
def order_of_patches(student, reference, rng):
    rows, columns, batch = rng.sizes(3, 2, 6)
    images, colours = _one_colour_each(rng, batch, (rows, columns), (2, 2))
    got = student.patchify(images, (2, 2))
    expect.shape(got, (batch, rows * columns, 4), what="The patches")
    expect.close(got.mean(dim=2), colours, what="The colour of each patch", **TOLERANCE)


@check("In a patch come the channels one by one, each row by row", points=2)
def order_inside(student, reference, rng):
    channels, size = rng.sizes(2, 2, 6)
    images = rng.tensor(3, channels, size, size)  # each image is a single patch
    got = student.patchify(images, (size, size))
    wanted = reference.patchify(images, (size, size))
    expect.close(got, wanted, what="A patch of the size of the image", **TOLERANCE)


def _unordered(patches):
    """(N, F): the numbers of each patch sorted, and the patches by their smallest number."""
    inside = patches.sort(dim=1).values
    return inside[inside[:, 0].argsort()]


@check("Rows and columns of a patch may differ in number", points=1)
def patch_of_any_shape(student, reference, rng):
    rows, columns = rng.sizes(2, 1, 5)
    for patch in ((rows, columns), (columns, rows)):
        # Two patches side by side, or one above the other: in whatever order, each must hold its own pixels.
        for grid in ((1, 2), (2, 1)):
            height, width = grid[0] * patch[0], grid[1] * patch[1]
            images = rng.tensor(1, 1, height, width)
            got = student.patchify(images, patch)
            expect.shape(got, (1, 2, rows * columns), what="The patches")
            parts = images[:, :, : patch[0], : patch[1]], images[:, :, -patch[0] :, -patch[1] :]
            wanted = torch.stack([part.flatten() for part in parts])
            expect.close(_unordered(got[0]), _unordered(wanted), what="The pixels of each patch", **TOLERANCE)
        sizes = (
            {
                name: tuple(tensor.shape)
                for name, tensor in state(student.PatchEmbedding((6 * rows, columns), patch, 5, 2)).items()
            }
            if patch == (rows, columns)
            else {}
        )
        fits = sizes.get("proj.weight", (2, 5 * rows * columns)) == (2, 5 * rows * columns)
        expect.that(fits, "The projection does not take patches of this shape.")
        fits = sizes.get("positions", (1, 7, 2))[1:2] in ((6,), (7,))  # the class token is charged elsewhere
        expect.that(fits, "The number of positions is wrong for patches of this shape.")


@check("Putting patches together is the inverse of cutting", points=1.5)
def inverse(student, reference, rng):
    batch, channels, size = rng.sizes(3, 2, 6)
    patch, image_size = (size, size), (3 * size, 2 * size)
    # By the student's own cutting, so that a mistake in it is not charged again.
    images = rng.tensor(batch, channels, *image_size)
    patches = student.patchify(images, patch)
    expect.that(patches[:, 0].ne(patches[:, 1]).any(), "All patches are the same.")
    got = student.unpatchify(patches, patch, image_size)
    expect.close(got, images, what="The images, cut and put together", **TOLERANCE)


@check("Every patch is projected, with the bias", points=1.5)
def projection(student, reference, rng):
    channels, embed_dim = rng.sizes(2, 2, 7)
    weight, bias = rng.tensor(embed_dim, channels), rng.tensor(embed_dim)
    bias[0] = -1.0
    given = {"proj.weight": weight, "proj.bias": bias}
    module = _module(student, (1, 1), (1, 1), channels, embed_dim, **given)
    images = rng.tensor(3, channels, 1, 1)
    images[0] = 0.0  # its token is the bias, which has a negative feature
    got = module(images)
    expect.shape(got, (3, 2, embed_dim), what="The tokens")
    wanted = images.flatten(1) @ weight.T + bias
    # Class token and positions are zero: wherever the token stands, the patch is what remains.
    expect.close(got.sum(dim=1), wanted, what="The token of the patch", **TOLERANCE)
    # Larger patches of one number each: in which order they are read makes no difference.
    rows, columns, size = rng.sizes(3, 2, 5)
    weight = rng.tensor(embed_dim, size * size)
    given = {"proj.weight": weight, "proj.bias": bias}
    module = _module(student, (rows * size, columns * size), (size, size), 1, embed_dim, **given)
    number = rng.tensor(2)
    got = module(number[:, None, None, None].expand(2, 1, rows * size, columns * size).contiguous())
    expect.shape(got, (2, rows * columns + 1, embed_dim), what="The tokens")
    wanted = rows * columns * (number[:, None] * weight.sum(dim=1) + bias)
    expect.close(got.sum(dim=1), wanted, what="The tokens of larger patches", **TOLERANCE)


@check("The class token stands first, in every image", points=1)
def class_token(student, reference, rng):
    batch, embed_dim, width = rng.sizes(3, 2, 6)
    token = rng.tensor(1, 1, embed_dim)
    module = _module(student, (1, width), (1, 1), 1, embed_dim, class_token=token)
    got = module(rng.tensor(batch, 1, 1, width))
    wanted = torch.zeros(batch, width + 1, embed_dim, dtype=torch.float64)
    wanted[:, 0] = token[0, 0]
    expect.close(got, wanted, what="The tokens", **TOLERANCE)


@check("Positions are added to all tokens, the class token too", points=1)
def positions(student, reference, rng):
    batch, embed_dim, width = rng.sizes(3, 2, 6)
    table = rng.tensor(1, width + 1, embed_dim)
    module = _module(student, (1, width), (1, 1), 1, embed_dim, positions=table)
    got = module(rng.tensor(batch, 1, 1, width))
    wanted = table.expand(batch, -1, -1).clone()
    expect.close(got, wanted, what="The tokens", **TOLERANCE)


@check("Gradients reach class token, positions and the projection", points=0.5)
def gradients(student, reference, rng):
    batch, embed_dim, width = rng.sizes(3, 2, 6)
    # A bias of one, lest something that the student put between has no slope at zero.
    given = {"proj.bias": torch.ones(embed_dim, dtype=torch.float64)}
    module = _module(student, (1, width), (1, 1), 1, embed_dim, **given)
    cotangent = rng.tensor(batch, width + 1, embed_dim)
    found = vjp(module, rng.tensor(batch, 1, 1, width), cotangent=cotangent, parameters=True).parameters
    for name in ("class_token", "positions", "proj.weight"):
        gradient = found.get(name)
        reached = gradient is not None and bool(gradient.any())
        expect.that(
            reached, f"No gradient reaches {name}: it must be a parameter that the result is made of."
        )
