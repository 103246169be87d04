"""Courses: who is enrolled, and which problem sets are published."""
