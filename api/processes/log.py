"""One way of logging in every process: to standard error, one line each. Secrets are never passed to it."""

from __future__ import annotations

import logging

__all__ = ["start_logging"]


def start_logging(process: str) -> None:
    """Log from now on, naming this process."""
    logging.basicConfig(
        level=logging.INFO,
        format=f"%(asctime)s {process} %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    # Migrations announce themselves at each start; only what they do to a database matters.
    logging.getLogger("alembic").setLevel(logging.WARNING)
