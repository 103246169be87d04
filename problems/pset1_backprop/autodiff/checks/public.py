"""Public checks: the handout's worked example, and a comparison with difference quotients."""

from grader.authoring import check, expect, value

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


@check("Worked example: f = x y + x at x = 2, y = 3", points=0)
def example(student, reference, rng):
    x, y = student.Value(2.0), student.Value(3.0)
    f = x * y + x
    f.backward()
    expect.close(value(f, "data"), 8.0, what="f", **CLOSE)
    expect.close(value(x, "grad"), 4.0, what="The derivative with respect to x", **CLOSE)
    expect.close(value(y, "grad"), 2.0, what="The derivative with respect to y", **CLOSE)
    expect.close(value(f, "grad"), 1.0, what="The derivative with respect to f itself", **CLOSE)


@check("Worked example: a diamond", points=0)
def example_of_a_diamond(student, reference, rng):
    x = student.Value(3.0)
    y = x * 2.0
    f = y * y + y
    f.backward()
    expect.close(value(x, "grad"), 26.0, what="The derivative with respect to x", **CLOSE)


@check("A neuron: its gradients agree with difference quotients of your own forward pass", points=0)
def neuron(student, reference, rng):
    at, step = [0.5, -1.5, 0.3], 1e-5

    def result(numbers):
        x, w, b = (student.Value(number) for number in numbers)
        return (x, w, b), ((x * w + b).tanh() - 1.0) ** 2

    leaves, loss = result(at)
    loss.backward()
    for index, name in enumerate(("x", "w", "b")):
        up, down = list(at), list(at)
        up[index] += step
        down[index] -= step
        slope = (value(result(up)[1], "data") - value(result(down)[1], "data")) / (2 * step)
        what = f"The derivative with respect to {name}"
        expect.close(value(leaves[index], "grad"), slope, what=what, rtol=1e-6, atol=1e-8)
