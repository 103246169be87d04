"""Grading jobs: the queue, leases and what happens when grading fails."""
