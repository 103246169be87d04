"""What every sandbox backend must do, as cases that any backend can be put through.

::

    for case in CASES:
        case.run(find("docker"))        # AssertionError: the backend does not conform

Cases that ask for isolation hold only where student code is shut in; ``subprocess`` is excused from those
and from nothing else. A course that writes a backend of its own runs the same list.
"""

from sandbox.conformance import answers, ends, lies, walls
from sandbox.conformance.case import CASES, Case, opened

__all__ = ["CASES", "Case", "answers", "ends", "lies", "opened", "walls"]
