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
    return float(np.mean(0.5 * np.sum((y - targets) ** 2, axis=1)))


def loss_backward(y, targets):
    return (y - targets) / len(y)


def backward(dy, x, parameters):
    inputs = layer_inputs(x, parameters)
    gradients = []
    dz = dy
    for i in reversed(range(len(parameters))):
        W, b = parameters[i]
        gradients.insert(0, (np.dot(inputs[i].T, dz), dz.sum(axis=0)))
        D, K = W.shape
        dh = np.dot(dz, W.reshape(K, D))       # shapes: (N, K) (K, D)
        dz = dh * (inputs[i] > 0) if i > 0 else dh
    return dz, gradients


def step(parameters, gradients, learning_rate):
    new = []
    for (W, b), (dW, db) in zip(parameters, gradients):
        new.append((W - learning_rate * dW, b - learning_rate * db))
    return new
