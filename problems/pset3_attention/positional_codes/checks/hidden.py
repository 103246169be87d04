"""Hidden checks. Each charges for one property, on inputs where the other mistakes make no difference.

Frequencies are judged by inner products of codes, which know neither the order of the features nor where
counting begins; where it begins, by position zero; the order of the features by position zero as well, or by
which features a single one turns into; the use of ``positions`` by the student's own codes of positions in
order.
"""

import torch

from grader.authoring import check, expect, observe

# Right answers that are written differently use less than a thousandth of this.
TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}


def _dim(rng):
    return 2 * rng.sizes(1, 3, 9)[0]


def _ones(length, dim):
    return torch.ones(length, dim, dtype=torch.float64)


@check("The sinusoidal codes have the right frequencies", points=1.5)
def frequencies(student, reference, rng):
    dim, positions = _dim(rng), torch.arange(12)
    got, wanted = student.sinusoidal_codes(positions, dim), reference.sinusoidal_codes(positions, dim)
    expect.shape(got, (12, dim), what="The codes")
    # The product of the codes of p and q is the sum of the cosines of frequency times (p - q).
    expect.close(got @ got.T, wanted @ wanted.T, what="The products of codes", **TOLERANCE)


@check("Sines stand at even features, cosines at odd ones, and counting starts at zero", points=1.5)
def order_of_features(student, reference, rng):
    dim = _dim(rng)
    codes = student.sinusoidal_codes(torch.arange(2), dim)
    expect.shape(codes, (2, dim), what="The codes")
    wanted = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(dim // 2)
    expect.close(codes[0], wanted, what="The code of position 0", **TOLERANCE)
    expect.that(codes[1, 0] > 0, "The first sine of position 1 should be positive.")  # that of 1, or less


@check("Rotation turns each pair of neighbouring features", points=1.5)
def pairs(student, reference, rng):
    dim, positions = _dim(rng), torch.arange(3)
    for feature in rng.sizes(3, 0, dim):
        x = torch.zeros(3, dim, dtype=torch.float64)
        x[:, feature] = 1.0
        turned = student.rotate(x, positions)
        expect.shape(turned, (3, dim), what="The result")
        turned = turned[1:]  # at position 0 nothing turns
        first = feature - feature % 2
        outside = torch.cat([turned[:, :first], turned[:, first + 2 :]], dim=1)
        sentence = "What is in one feature should turn into its neighbour, and into no other feature."
        expect.that(not outside.any() and turned[:, first : first + 2].all(), sentence)
        # Both of a pair turn by the same angle.
        expect.close(
            turned.norm(dim=1), x[1:].norm(dim=1), what="The length of a rotated vector", **TOLERANCE
        )


@check("Rotation has the right frequencies", points=1)
def rotary_frequencies(student, reference, rng):
    dim, positions = 2 * (2 * rng.sizes(1, 1, 4)[0] + 1), torch.arange(9)
    got, wanted = (side.rotate(_ones(9, dim), positions) for side in (student, reference))
    expect.shape(got, (9, dim), what="The result")
    # With all features equal it does not matter which are paired, nor which way they turn; with an odd number
    # of pairs, nor whether a neighbour turns by the angle of another pair.
    expect.close(got @ got.T, wanted @ wanted.T, what="The products of rotated vectors", rtol=0.0, atol=1e-4)


@check(
    "Rotation leaves position 0 as it is, and turns from the first of a pair towards the second", points=0.5
)
def direction(student, reference, rng):
    dim = _dim(rng)
    # Products of rotated vectors do not know where counting begins. With all features equal it does not
    # matter which are paired.
    still = student.rotate(_ones(1, dim), torch.tensor([0]))
    expect.close(still, _ones(1, dim), what="The vector at position 0", **TOLERANCE)
    x = torch.zeros(2, dim, dtype=torch.float64)
    x[:, 0] = 1.0
    turned = student.rotate(x, torch.tensor([0, 1]))
    expect.shape(turned, (2, dim), what="The result")
    # Wherever the second of the pair is kept, it has the sign of the sine of a small angle.
    partner = turned[1].clone()
    partner[0] = 0.0
    expect.that(partner.sum() > 0, "From position 0 to 1 the first feature should turn towards its partner.")


@check("The positions are used, in whatever order they come", points=1)
def positions_are_used(student, reference, rng):
    dim = _dim(rng)
    positions = torch.from_numpy(rng.generator.permutation(15)[:6])
    codes = student.sinusoidal_codes(torch.arange(15), dim)
    expect.that(codes[1:].ne(codes[:-1]).any(), "All positions have the same code.")
    got = student.sinusoidal_codes(positions, dim)
    expect.close(got, codes[positions], what="The codes of positions out of order", **TOLERANCE)
    vectors = rng.tensor(15, dim)
    turned = student.rotate(vectors, torch.arange(15))
    expect.that(turned[1:].ne(vectors[1:]).any(), "Nothing is rotated.")
    got = student.rotate(vectors[positions], positions)
    expect.close(got, turned[positions], what="The rotation at positions out of order", **TOLERANCE)


@check("Rotation takes any number of axes in front", points=0.5)
def leading_axes(student, reference, rng):
    batch, heads, length = rng.sizes(3, 2, 6)
    dim, positions = _dim(rng), torch.arange(length) + 1
    x = rng.tensor(batch, heads, length, dim)
    alone = student.rotate(x[0, 1], positions)
    expect.that(not torch.equal(alone, x[0, 1]), "Nothing is rotated.")
    for many, what in ((x[0], "heads"), (x, "a batch of heads")):
        got = student.rotate(many, positions)
        expect.shape(got, tuple(many.shape), what=f"The rotation of {what}")
        one = got[1] if many.dim() == 3 else got[0, 1]
        expect.close(one, alone, what=f"The rotation of {what}", **TOLERANCE)


@check("The relative bias is that of the distance from query to key", points=1)
def bias(student, reference, rng):
    queries, keys, heads = rng.sizes(3, 2, 7)
    for lengths in ((queries, keys), (1, keys), (queries, 1)):
        table = rng.tensor(2 * max(queries, keys) + 1, heads)  # no distance is beyond the table
        got, wanted = (side.relative_bias(table, *lengths) for side in (student, reference))
        expect.close(got, wanted, what="The bias", **TOLERANCE)


@check("Distances beyond the table count as the furthest", points=1)
def furthest(student, reference, rng):
    reach, heads = rng.sizes(2, 2, 5)
    table = rng.tensor(2 * reach + 1, heads)
    length = 2 * reach + 3
    # A wider table whose outer rows repeat the last ones: no distance is beyond that one.
    beyond = length - reach
    wide = torch.cat([table[:1].expand(beyond, -1), table, table[-1:].expand(beyond, -1)])
    got, wanted = student.relative_bias(table, length, length), student.relative_bias(wide, length, length)
    expect.finite(wanted, what="The bias")
    expect.that(wanted.ne(wanted.flatten()[0]).any(), "The bias is the same everywhere.")
    expect.close(got, wanted, what="The bias of distances beyond the table", **TOLERANCE)


@check("Far positions keep their precision, inputs stay unchanged, float32 stays float32", points=0.5)
def unchanged_and_precise(student, reference, rng):
    dim, length = _dim(rng), 5
    x, positions = rng.tensor(2, length, dim), torch.arange(length) + 40_000
    observation = observe(student.rotate, x, positions)
    expect.unchanged(observation, (x, positions), what=("x", "positions"))
    expect.that(not torch.equal(observation.value, x), "Nothing is rotated.")
    # 40,000 places on, products between vectors must still be those of the same distances near zero.
    near, far, right = (
        side.rotate(_ones(length, dim), at)
        for side, at in (
            (student, torch.arange(length)),
            (student, positions),
            (reference, torch.arange(length)),
        )
    )
    if torch.allclose(near @ near.T, right @ right.T, rtol=0.0, atol=1e-4):  # else it was charged above
        expect.close(far @ far.T, near @ near.T, what="The products of vectors far out", rtol=0.0, atol=1e-6)
    single = student.rotate(x.float(), positions)
    expect.that(single.dtype == torch.float32, "Rotating a float32 tensor must give a float32 tensor.")
