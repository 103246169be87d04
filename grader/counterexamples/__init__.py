"""Counterexamples: for a failed check, the smallest failing example found on fresh inputs.

A check is tried on small, readable inputs until it fails. The requests that lead to the wrong answer are cut
down, on both sides, to as little as still shows it, and written as Python that a student can paste.

Only requests that a check made of the *reference* are ever shown, and right answers to them. What the
student's code gives comes from a guest that has met nothing but examples.
"""

from grader.counterexamples.searching import Examples
from grader.counterexamples.trying import FoundExample, find_example

__all__ = ["Examples", "FoundExample", "find_example"]
