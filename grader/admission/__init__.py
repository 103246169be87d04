"""Makes a wrong answer of a package out of a student's file: what ``gradecli admit`` does.

What lies in a package is trusted, and runs where grades are made. So a student's file is run in a sandbox
alone until it is admitted, and only such a file is admitted that can do nothing but calculate
(:mod:`grader.admission.plainness`). See ``docs/decisions/diagnosis.md``.
"""

from grader.admission.admitting import Admission, AdmissionRefusedError, admit
from grader.admission.plainness import NotPlainError, require_plain

__all__ = ["Admission", "AdmissionRefusedError", "NotPlainError", "admit", "require_plain"]
