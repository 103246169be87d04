import numpy as np


def out_size(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def span(i, n, k, s, p):
    """First and last + 1 pixel of window i, inside the image."""
    start = i * s - p
    return max(start, 0), min(start + k, n)


def max_pool_forward(x, kernel, stride, padding):
    N, C, H, W = x.shape
    OH = out_size(H, kernel[0], stride[0], padding[0])
    OW = out_size(W, kernel[1], stride[1], padding[1])
    y = np.zeros((N, C, OH, OW), dtype=x.dtype)
    for i in range(OH):
        r0, r1 = span(i, H, kernel[0], stride[0], padding[0])
        for j in range(OW):
            c0, c1 = span(j, W, kernel[1], stride[1], padding[1])
            y[:, :, i, j] = np.max(x[:, :, r0:r1, c0:c1], axis=(2, 3))
    return y


def max_pool_backward(dy, x, kernel, stride, padding):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i in range(dy.shape[2]):
        r0, r1 = span(i, H, kernel[0], stride[0], padding[0])
        for j in range(dy.shape[3]):
            c0, c1 = span(j, W, kernel[1], stride[1], padding[1])
            for n in range(N):
                for c in range(C):
                    window = x[n, c, r0:r1, c0:c1]
                    r, q = divmod(int(np.argmax(window)), c1 - c0)
                    dx[n, c, r0 + r, c0 + q] = dy[n, c, i, j]
    return dx


def avg_pool_forward(x, kernel, stride, padding):
    N, C, H, W = x.shape
    OH = out_size(H, kernel[0], stride[0], padding[0])
    OW = out_size(W, kernel[1], stride[1], padding[1])
    y = np.zeros((N, C, OH, OW), dtype=x.dtype)
    for i in range(OH):
        r0, r1 = span(i, H, kernel[0], stride[0], padding[0])
        for j in range(OW):
            c0, c1 = span(j, W, kernel[1], stride[1], padding[1])
            y[:, :, i, j] = np.mean(x[:, :, r0:r1, c0:c1], axis=(2, 3))
    return y


def avg_pool_backward(dy, x, kernel, stride, padding):
    N, C, H, W = x.shape
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i in range(dy.shape[2]):
        r0, r1 = span(i, H, kernel[0], stride[0], padding[0])
        for j in range(dy.shape[3]):
            c0, c1 = span(j, W, kernel[1], stride[1], padding[1])
            pixels = (r1 - r0) * (c1 - c0)
            dx[:, :, r0:r1, c0:c1] += dy[:, :, i, j][:, :, None, None] / pixels
    return dx
