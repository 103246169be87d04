"""Public checks: the handout's worked example, and a gradient check you can learn from."""

import numpy as np

from grader.authoring import check, expect

# The worked example of the handout: one example, two features, three classes.
X = np.array([[1.0, 2.0]])
W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
B = np.array([0.0, -1.0, 1.0])
LABELS = np.array([2])
G = np.array([[1 / 3, 1 / 3, -2 / 3]])


@check("Worked example: the logits are 1, 1, 1", points=0)
def example_logits(student, reference, rng):
    expect.close(student.linear_forward(X, W, B), np.ones((1, 3)), what="logits", rtol=1e-9, atol=1e-12)


@check("Worked example: every class has probability 1/3 and the loss is log 3", points=0)
def example_loss(student, reference, rng):
    logits = np.ones((1, 3))
    expect.close(student.softmax(logits), np.full((1, 3), 1 / 3), what="probs", rtol=1e-9, atol=1e-12)
    expect.close(student.cross_entropy(logits, LABELS), np.log(3.0), what="The loss", rtol=1e-9, atol=1e-12)


@check("Worked example: the gradients are those of the handout", points=0)
def example_gradients(student, reference, rng):
    probs = np.full((1, 3), 1 / 3)
    dlogits = student.cross_entropy_backward(probs, LABELS)
    expect.close(dlogits, G, what="dlogits", rtol=1e-9, atol=1e-12)
    wanted = (np.array([[-1.0, 1.0]]), np.array([[1.0, 1.0, -2.0], [2.0, 2.0, -4.0]]) / 3, G[0])
    expect.close(student.linear_backward(G, X, W), wanted, what=("dx", "dW", "db"), rtol=1e-9, atol=1e-12)


@check("A bigger example: four rows, five classes", points=0)
def bigger_example(student, reference, rng):
    logits, labels = rng.normal(4, 5), np.array([0, 4, 2, 2])
    probs = reference.softmax(logits)
    expect.close(student.softmax(logits), probs, what="probs", rtol=1e-9, atol=1e-12)
    loss, wanted = student.cross_entropy(logits, labels), reference.cross_entropy(logits, labels)
    expect.close(loss, wanted, what="The loss", rtol=1e-9, atol=1e-12)
    dlogits = student.cross_entropy_backward(probs, labels)
    wanted = reference.cross_entropy_backward(probs, labels)
    expect.close(dlogits, wanted, what="dlogits", rtol=1e-9, atol=1e-12)


@check("Logits of a thousand give numbers, not nan or inf", points=0)
def example_large_logits(student, reference, rng):
    logits = np.array([[1000.0, 1001.0], [-1001.0, -1000.0]])
    row = np.array([1.0, np.e]) / (1.0 + np.e)
    expect.close(student.softmax(logits), np.array([row, row]), what="probs", rtol=1e-9, atol=1e-12)
    loss = student.cross_entropy(logits, np.array([1, 1]))
    expect.close(loss, np.log1p(np.exp(-1.0)), what="The loss", rtol=1e-9, atol=1e-12)


@check("Your gradients agree with finite differences of your own loss", points=0)
def gradient_check(student, reference, rng):
    x, weights, bias, labels = rng.normal(4, 2), rng.normal(2, 3), rng.normal(3), np.array([0, 2, 1, 2])

    def loss(x, weights, bias):
        return student.cross_entropy(student.linear_forward(x, weights, bias), labels)

    logits = student.linear_forward(x, weights, bias)
    dlogits = student.cross_entropy_backward(student.softmax(logits), labels)
    gradients = student.linear_backward(dlogits, x, weights)

    arguments, step = (x, weights, bias), 1e-5
    for position, name in enumerate(("dx", "dW", "db")):
        slopes = np.zeros(arguments[position].shape)
        for index in np.ndindex(slopes.shape):
            nudge = np.zeros(slopes.shape)
            nudge[index] = step
            up = [value + nudge if i == position else value for i, value in enumerate(arguments)]
            down = [value - nudge if i == position else value for i, value in enumerate(arguments)]
            slopes[index] = (loss(*up) - loss(*down)) / (2 * step)
        # A central difference is off by about step squared, plus rounding divided by the step.
        expect.close(gradients[position], slopes, what=name, rtol=1e-6, atol=1e-8)
