import numpy as np


def relu(z):
    return z * (z > 0)


def forward(x, parameters):
    h = x
    for W, b in parameters[:-1]:
        h = relu(np.dot(h, W) + b)
    W, b = parameters[-1]
    return np.dot(h, W) + b


def layer_inputs(x, parameters):
    inputs = [x]
    for W, b in parameters[:-1]:
        inputs.append(relu(np.dot(inputs[-1], W) + b))
    return inputs


def loss(y, targets):
    N = y.shape[0]
    diff = y - targets
    return float(np.sum(diff * diff) / (2 * N))


def loss_backward(y, targets):
    N = y.shape[0]
    return (1.0 / N) * (y - targets)


def backward(dy, x, parameters):
    inputs = layer_inputs(x, parameters)
    gradients = []
    grad = dy
    for (W, b), h in zip(parameters[::-1], inputs[::-1]):
        dW = np.zeros(W.shape)
        db = np.zeros(b.shape)
        dh = np.zeros(h.shape)
        for n in range(h.shape[0]):
            dW += np.outer(h[n], grad[n])
            db = 1.0 * grad[n]
            dh[n] = W @ grad[n]
        gradients.insert(0, (dW, db))
        grad = dh if h is x else dh * (h > 0)
    return grad, gradients


def step(parameters, gradients, learning_rate):
    return [tuple(p - learning_rate * g for p, g in zip(layer, grads)) for layer, grads in zip(parameters, gradients)]
