"""Scores: the grade history and the table that staff open."""
