"""The worker: takes jobs from the queue, has them graded, and writes the verdicts down.

It holds the lease and the database; checks, references and student code never run in it, but in
the grading process that it starts for each submission.
"""

from api.worker.process import run

__all__ = ["run"]
