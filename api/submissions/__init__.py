"""Submissions: taking them in, receipts for them, and their progress while they are graded."""
