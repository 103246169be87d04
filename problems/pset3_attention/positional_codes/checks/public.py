"""Public checks: the handout's worked example, and laws of positional codes that you can test by yourself."""

import math

import torch

from grader.authoring import check, expect

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


@check("Worked example: the codes of positions 0 and 3 with four features", points=0)
def example_codes(student, reference, rng):
    wanted = [[0.0, 1.0, 0.0, 1.0], [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]]
    got = student.sinusoidal_codes(torch.tensor([0, 3]), 4)
    expect.close(got, torch.tensor(wanted, dtype=torch.float64), what="The codes", **CLOSE)


@check("Worked example: at position 3 the vector (1, 0, 0, 2) turns", points=0)
def example_rotation(student, reference, rng):
    x = torch.tensor([[1.0, 0.0, 0.0, 2.0]], dtype=torch.float64)
    wanted = [[math.cos(3), math.sin(3), -2 * math.sin(0.03), 2 * math.cos(0.03)]]
    got = student.rotate(x, torch.tensor([3]))
    expect.close(got, torch.tensor(wanted, dtype=torch.float64), what="The result", **CLOSE)


@check("Worked example: the bias of two queries and four keys", points=0)
def example_bias(student, reference, rng):
    table = torch.tensor([[10.0], [20.0], [30.0], [40.0], [50.0]], dtype=torch.float64)
    wanted = torch.tensor([[[30.0, 40.0, 50.0, 50.0], [20.0, 30.0, 40.0, 50.0]]], dtype=torch.float64)
    expect.close(student.relative_bias(table, 2, 4), wanted, what="The bias", **CLOSE)


@check("A rotation leaves every vector as long as it was", points=0)
def lengths(student, reference, rng):
    x = rng.tensor(2, 3, 5, 8)
    got = student.rotate(x, torch.arange(5))
    expect.shape(got, (2, 3, 5, 8), what="The result")
    expect.close(got.norm(dim=-1), x.norm(dim=-1), what="The length of each vector", **CLOSE)


@check("Scores between rotated queries and keys depend on their distance alone", points=0)
def distance_alone(student, reference, rng):
    query, key = rng.tensor(4, 6), rng.tensor(5, 6)
    near = student.rotate(query, torch.arange(4)) @ student.rotate(key, torch.arange(5)).T
    far = student.rotate(query, torch.arange(4) + 7) @ student.rotate(key, torch.arange(5) + 7).T
    expect.close(far, near, what="The scores seven places further on", rtol=1e-9, atol=1e-9)
