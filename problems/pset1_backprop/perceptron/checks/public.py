"""Public checks: the handout's worked example, and a problem that a line can solve."""

import numpy as np

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
# The worked example of the handout.
X = np.array([[2.0, 1.0], [1.0, 3.0], [3.0, 0.0]])
Y = np.array([1.0, -1.0, 1.0])


@check("Worked example: the first epoch", points=0)
def example_epoch(student, reference, rng):
    got = student.train_epoch(X, Y, np.zeros(2), 0.0)
    expect.close(got, (np.array([1.0, -2.0]), 0.0, 2), what=("w", "b", "mistakes"), **CLOSE)


@check("Worked example: predictions, one of them on the boundary", points=0)
def example_predictions(student, reference, rng):
    got = student.predict(np.array([[3.0, 1.0], [2.0, 1.0], [0.0, 1.0]]), np.array([1.0, -2.0]), 0.0)
    expect.close(got, np.array([1.0, -1.0, -1.0]), what="The predictions", **CLOSE)


@check("Worked example: training ends after the fourth epoch", points=0)
def example_fit(student, reference, rng):
    w, b, epochs = student.fit(X, Y, 10)
    expect.close((w, b, epochs), (np.array([4.0, -3.0]), 1.0, 4), what=("w", "b", "epochs"), **CLOSE)
    expect.close(student.predict(X, w, b), Y, what="The predictions after training", **CLOSE)


@check("Two clouds that a line separates are separated", points=0)
def two_clouds(student, reference, rng):
    labels = np.array([1.0, -1.0] * 10)
    points = rng.uniform(20, 2, low=-1.0, high=1.0) + labels[:, None] * np.array([2.0, 1.5]) + 5.0
    w, b, epochs = student.fit(points, labels, 1000)
    expect.that(epochs < 1000, "Training did not end, though a line separates the clouds.")
    expect.close(student.predict(points, w, b), labels, what="The predictions after training", **CLOSE)
