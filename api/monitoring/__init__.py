"""Watching the service from outside: whether it lives, whether it can work, and how much it does."""
