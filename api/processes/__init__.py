"""The service as running processes: each of them may be killed, and is started again."""
