"""Grading again: transcripts that can be scored without running anything, previews, and applying them."""
