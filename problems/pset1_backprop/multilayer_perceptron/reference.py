"""Reference solution: a multilayer perceptron, its gradients, and a step of gradient descent."""

import numpy as np

Parameters = list[tuple[np.ndarray, np.ndarray]]


def _inputs(x: np.ndarray, parameters: Parameters) -> list[np.ndarray]:
    """The input of every layer, and at the end the network's output."""
    found = [x]
    for number, (W, b) in enumerate(parameters, start=1):
        x = x @ W + b
        if number < len(parameters):
            x = np.maximum(x, 0.0)
        found.append(x)
    return found


def forward(x: np.ndarray, parameters: Parameters) -> np.ndarray:
    return _inputs(x, parameters)[-1]


def loss(y: np.ndarray, targets: np.ndarray) -> float:
    return float(0.5 * np.sum((y - targets) ** 2) / len(y))


def loss_backward(y: np.ndarray, targets: np.ndarray) -> np.ndarray:
    # The one place where the mean over the batch appears: everything behind it only sums.
    return (y - targets) / len(y)


def backward(dy: np.ndarray, x: np.ndarray, parameters: Parameters) -> tuple[np.ndarray, Parameters]:
    inputs = _inputs(x, parameters)
    gradients: Parameters = []
    for number in reversed(range(len(parameters))):
        W, _ = parameters[number]
        gradients.append((inputs[number].T @ dy, dy.sum(axis=0)))
        dy = dy @ W.T
        if number > 0:
            # This layer's input came out of a ReLU: it is positive exactly where the ReLU's input was.
            dy = dy * (inputs[number] > 0)
    return dy, gradients[::-1]


def step(parameters: Parameters, gradients: Parameters, learning_rate: float) -> Parameters:
    return [
        (W - learning_rate * dW, b - learning_rate * db)
        for (W, b), (dW, db) in zip(parameters, gradients, strict=True)
    ]
