"""Public checks: the handout's worked example, and two layers that you can count by hand."""

from grader.authoring import check, expect


@check("Worked example: output sizes", points=0)
def example_sizes(student, reference, rng):
    expect.equal(student.output_size(7, 3), 5, what="output_size(7, 3)")
    expect.equal(student.output_size(7, 3, stride=2, padding=1), 4, what="output_size(7, 3, 2, 1)")
    expect.equal(student.output_size(8, 3, dilation=2), 4, what="output_size with a dilation of 2")


@check("Worked example: two layers see 7 pixels, and outputs are 2 apart", points=0)
def example_field(student, reference, rng):
    got = student.receptive_field([(3, 2, 1), (3, 1, 1)])
    expect.equal(got, (7, 2), what=("The field", "The jump"))


@check("No layers at all: one pixel sees itself", points=0)
def no_layers(student, reference, rng):
    expect.equal(student.receptive_field([]), (1, 1), what=("The field", "The jump"))


@check("Worked example: 18 parameters and 160 operations", points=0)
def example_cost(student, reference, rng):
    expect.equal(student.parameters(2, 2, (2, 2)), 18, what="parameters(2, 2, (2, 2))")
    expect.equal(student.operations(2, 2, (2, 2), (1, 5)), 160, what="operations(2, 2, (2, 2), (1, 5))")
