"""A multilayer perceptron of any depth, its gradients, and a step of gradient descent.

N examples. ``parameters`` is a list with one pair (W, b) for each layer, the first layer first: W (D, K) and
b (K,) for a layer from D to K features. Between two layers there is a ReLU; after the last there is none.
Arrays are float64. No function may change its arguments. NumPy and the standard library only.
"""

import numpy as np

Parameters = list[tuple[np.ndarray, np.ndarray]]


def forward(x: np.ndarray, parameters: Parameters) -> np.ndarray:
    """The network's output, (N, K) for the K of the last layer. x: (N, D) for the D of the first."""
    raise NotImplementedError


def loss(y: np.ndarray, targets: np.ndarray) -> float:
    """The mean over the examples of half the squared distance from output to target. y, targets: (N, K)."""
    raise NotImplementedError


def loss_backward(y: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The gradient of the loss with respect to y, (N, K)."""
    raise NotImplementedError


def backward(dy: np.ndarray, x: np.ndarray, parameters: Parameters) -> tuple[np.ndarray, Parameters]:
    """Pull a gradient back through the network.

    dy: (N, K), the gradient of the loss with respect to the output (any array). x and parameters: as they
    were in the forward pass.
    Returns (dx, gradients): dx is (N, D); gradients is a list like parameters, of pairs (dW, db).
    """
    raise NotImplementedError


def step(parameters: Parameters, gradients: Parameters, learning_rate: float) -> Parameters:
    """The parameters after one step of gradient descent. New arrays: the old ones stay."""
    raise NotImplementedError
