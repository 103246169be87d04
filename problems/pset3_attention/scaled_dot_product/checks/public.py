"""Public checks: the handout's worked example, and laws of attention that you can test by yourself."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
# The worked example of the handout: one query, three keys, four features.
Q = np.array([[2.0, 0.0, 0.0, 0.0]])
K = np.array([[np.log(3.0), 0.0, 0.0, 2.0], [np.log(2.0), 0.0, 6.0, 0.0], [0.0, 6.0, 0.0, 0.0]])
V = np.array([[6.0, 0.0], [0.0, 6.0], [12.0, 12.0]])


@check("Worked example: causal_mask(2, 4) and padding_mask([3, 1], 4)", points=0)
def example_masks(student, reference, rng):
    causal = np.array([[True, True, True, False], [True, True, True, True]])
    expect.equal(student.causal_mask(2, 4), causal, what="causal_mask(2, 4)")
    padding = np.array([[[True, True, True, False]], [[True, False, False, False]]])
    expect.equal(student.padding_mask(np.array([3, 1]), 4), padding, what="padding_mask([3, 1], 4)")


@check("Worked example: the weights are 1/2, 1/3, 1/6 and the output is (5, 4)", points=0)
def example_forward(student, reference, rng):
    wanted = (np.array([[5.0, 4.0]]), np.array([[1 / 2, 1 / 3, 1 / 6]]))
    expect.close(student.attention(Q, K, V), wanted, what=("output", "weights"), **CLOSE)


@check("Worked example: without the second key the output is (7.5, 3), without any it is (0, 0)", points=0)
def example_mask(student, reference, rng):
    for mask, output, weights in (
        ([[True, False, True]], [[7.5, 3.0]], [[3 / 4, 0.0, 1 / 4]]),
        ([[False, False, False]], [[0.0, 0.0]], [[0.0, 0.0, 0.0]]),
    ):
        got = student.attention(Q, K, V, np.array(mask))
        expect.close(got, (np.array(output), np.array(weights)), what=("output", "weights"), **CLOSE)


@check("Worked example: the gradients", points=0)
def example_backward(student, reference, rng):
    dq = [[np.log(3.0) / 4 - 5 / 6 * np.log(2.0), 3.5, -5.0, 0.5]]
    dk = [[1 / 2, 0.0, 0.0, 0.0], [-5 / 3, 0.0, 0.0, 0.0], [7 / 6, 0.0, 0.0, 0.0]]
    dv = [[1 / 2, 0.0], [1 / 3, 0.0], [1 / 6, 0.0]]
    wanted = tuple(map(np.array, (dq, dk, dv)))
    got = student.attention_backward(np.array([[1.0, 0.0]]), Q, K, V)
    expect.close(got, wanted, what=("dq", "dk", "dv"), **CLOSE)


@check("Masking a key gives the same as deleting it", points=0)
def masking_is_deleting(student, reference, rng):
    q, k, v = rng.normal(2, 3, 4), rng.normal(2, 5, 4), rng.normal(2, 5, 6)
    keep = np.array([True, False, True, True, False])
    masked, _ = student.attention(q, k, v, np.tile(keep, (3, 1)))
    deleted, _ = student.attention(q, k[:, keep], v[:, keep])
    expect.close(masked, deleted, what="The output with masked keys", **CLOSE)


@check("A batch with heads gives what each head alone gives", points=0)
def many_axes(student, reference, rng):
    q, k, v = rng.normal(2, 3, 4, 5), rng.normal(2, 3, 6, 5), rng.normal(2, 3, 6, 7)
    output, weights = student.attention(q, k, v)
    expect.shape(output, (2, 3, 4, 7), what="output")
    alone = student.attention(q[1, 2], k[1, 2], v[1, 2])
    expect.close((output[1, 2], weights[1, 2]), alone, what=("output", "weights"), **CLOSE)


@check("Your gradients agree with difference quotients of your own forward pass", points=0)
def gradient_check(student, reference, rng):
    arrays = [rng.normal(2, 3, 4), rng.normal(2, 5, 4), rng.normal(2, 5, 6)]
    doutput, mask = rng.normal(2, 3, 6), student.causal_mask(3, 5)
    gradients = student.attention_backward(doutput, *arrays, mask)
    h = 1e-5
    for number, name in enumerate(("dq", "dk", "dv")):
        direction, ends = rng.normal(*arrays[number].shape), []
        for sign in (1, -1):
            moved = list(arrays)
            moved[number] = moved[number] + sign * h * direction
            ends.append(float((student.attention(*moved, mask)[0] * doutput).sum()))
        slope = (ends[0] - ends[1]) / (2 * h)
        along = float((gradients[number] * direction).sum())
        expect.close(along, slope, what=f"{name}, along a direction", rtol=1e-6, atol=1e-8)
