"""The course service: accounts, courses, submissions, the queue, the gradebook, and the worker.

Its processes start from :func:`api.supervisor.serve`; :func:`api.app.create_app` is the web
application alone, :func:`api.worker.run` a worker alone. The package imports nothing by itself, so
that each process loads only what it needs.
"""

from __future__ import annotations

__all__: list[str] = []
