"""Public checks: the handout's worked example, and laws of attention that you can test by yourself."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
# The worked example of the handout: one sentence of three words, one feature everywhere.
STATE, MEMORY = np.array([[1.0]]), np.array([[[1.0], [0.0], [5.0]]])


@check("Worked example: additive scores", points=0)
def example_additive(student, reference, rng):
    got = student.additive_scores(STATE, MEMORY, np.array([[1.0]]), np.array([[-1.0]]), np.array([2.0]))
    wanted = np.array([[0.0, 2 * np.tanh(1.0), 2 * np.tanh(-4.0)]])
    expect.close(got, wanted, what="The additive scores", **CLOSE)


@check("Worked example: dot scores, without a matrix and with one", points=0)
def example_dot(student, reference, rng):
    expect.close(student.dot_scores(STATE, MEMORY), np.array([[1.0, 0.0, 5.0]]), what="The scores", **CLOSE)
    got = student.dot_scores(STATE, MEMORY, np.array([[2.0]]))
    expect.close(got, np.array([[2.0, 0.0, 10.0]]), what="The scores with a matrix", **CLOSE)


@check("Worked example: the weights are 3/4, 1/4 and 0", points=0)
def example_weights(student, reference, rng):
    got = student.attention_weights(np.array([[np.log(3.0), 0.0, 7.0]]), np.array([2]))
    expect.close(got, np.array([[0.75, 0.25, 0.0]]), what="The weights", **CLOSE)


@check("Worked example: the context is 3/4, the attentional state tanh(1/2)", points=0)
def example_context(student, reference, rng):
    got = student.context_vector(np.array([[0.75, 0.25, 0.0]]), MEMORY)
    expect.close(got, np.array([[0.75]]), what="The context", **CLOSE)
    got = student.attentional_state(np.array([[0.75]]), STATE, np.array([[2.0], [-1.0]]))
    expect.close(got, np.array([[np.tanh(0.5)]]), what="The attentional state", **CLOSE)


@check("Filling can be cut off", points=0)
def cutting_off(student, reference, rng):
    scores = rng.normal(1, 6)
    padded = student.attention_weights(scores, np.array([4]))
    expect.shape(padded, (1, 6), what="The weights")
    cut = student.attention_weights(scores[:, :4], np.array([4]))
    expect.close(padded[:, :4], cut, what="The weights of the words", **CLOSE)
    expect.close(padded[:, 4:], np.zeros((1, 2)), what="The weights of the filling", **CLOSE)


@check("Your gradients agree with difference quotients of your own scores", points=0)
def gradient_check(student, reference, rng):
    arrays = [rng.normal(2, 3), rng.normal(2, 4, 5), rng.normal(3, 6), rng.normal(5, 6), rng.normal(6)]
    dscores = rng.normal(2, 4)
    gradients = student.additive_scores_backward(dscores, *arrays)
    h = 1e-5
    for number, name in enumerate(("dstate", "dmemory", "dW", "dU", "dv")):
        direction, ends = rng.normal(*arrays[number].shape), []
        for sign in (1, -1):
            moved = list(arrays)
            moved[number] = moved[number] + sign * h * direction
            ends.append(float((student.additive_scores(*moved) * dscores).sum()))
        slope = (ends[0] - ends[1]) / (2 * h)
        along = float((gradients[number] * direction).sum())
        expect.close(along, slope, what=f"{name}, along a direction", rtol=1e-6, atol=1e-7)
