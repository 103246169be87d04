"""The authoring kit: everything that a problem's checks are written with.

::

    from grader.authoring import check, expect

    @check("The gradient with respect to W is right", points=2)
    def gradient_of_weights(student, reference, rng):
        n, d, k = rng.sizes(3, 4, 9)
        x, dout = rng.normal(n, d), rng.normal(n, k)
        expect.close(student.linear_backward(x, dout), reference.linear_backward(x, dout), what="dW")

A student's function that takes a function gets one of the problem's ``support.py``, which each side has
loaded: ``student.slope(value(support(student), "field"), x)``, with ``support(reference)`` for the reference.
"""

from grader.authoring import expect
from grader.authoring.checks import Check, check
from grader.authoring.expect import CheckFailedError
from grader.authoring.mistakes import Recognition, mistake
from grader.authoring.randomness import Random
from sandbox.remote import Gradients, Observation, load_state, observe, set_value, state, support, value, vjp

__all__ = [
    "Check",
    "CheckFailedError",
    "Gradients",
    "Observation",
    "Random",
    "Recognition",
    "check",
    "expect",
    "load_state",
    "mistake",
    "observe",
    "set_value",
    "state",
    "support",
    "value",
    "vjp",
]
