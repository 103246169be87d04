"""Each probability as one over a sum of exponentials of differences of logits, with no maximum anywhere.

exp(large) becomes inf here, and 1 / inf is the right answer, 0.
"""

import numpy as np


def linear_forward(x, W, b):
    out = np.tile(b, (len(x), 1))
    for d in range(x.shape[1]):
        out += np.outer(x[:, d], W[d])
    return out


def linear_backward(dlogits, x, W):
    dx = np.stack([W @ g for g in dlogits])
    dW = sum(np.outer(row, g) for row, g in zip(x, dlogits))
    return dx, dW, np.ones(len(x)) @ dlogits


def softmax(logits):
    differences = logits[:, :, None] - logits[:, None, :]  # [n, k, c] = z_k - z_c
    with np.errstate(over="ignore"):
        return 1.0 / np.exp(differences).sum(axis=1)


def cross_entropy(logits, labels):
    losses = []
    for z, y in zip(logits, labels):
        d = np.sort(z - z[y])  # the loss is log(sum(exp(d)))
        losses.append(d[-1] + np.log1p(np.exp(d[:-1] - d[-1]).sum()))
    return float(np.mean(losses))


def cross_entropy_backward(probs, labels):
    n = len(labels)
    dlogits = np.array(probs)
    for i in range(n):
        dlogits[i, labels[i]] = -np.delete(probs[i], labels[i]).sum()  # p_y - 1
    return dlogits / n
