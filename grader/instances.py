"""Instances: which inputs a submission meets. Unguessable for a student, reproducible for the course.

Each check has K instances, seeded from the problem's files that decide inputs. Which one a submission
meets follows from a secret of the course and the submission's digest, so the same submission always
meets the same one, and a changed one meets another: answers cannot be collected.
"""

from __future__ import annotations

import hashlib
import hmac

from grader.package import Problem

__all__ = [
    "advice_seed",
    "choose_instance",
    "guest_seed",
    "instance_key",
    "instance_seed",
    "public_seed",
]


def instance_key(course_secret: bytes, submission_digest: str) -> bytes:
    """The key that decides every instance of one submission; it tells nothing about the secret."""
    return hmac.new(course_secret, submission_digest.encode(), hashlib.sha256).digest()


def choose_instance(key: bytes, problem: str, check: str, count: int) -> int:
    """An index below ``count``."""
    digest = hmac.new(key, f"{problem}:{check}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") % count


def instance_seed(problem: Problem, check: str, index: int) -> int:
    """The seed of a check's random source for one instance: 128 bits."""
    message = f"{check}:{index}".encode()
    return int.from_bytes(hmac.new(problem.instance_seed, message, hashlib.sha256).digest()[:16], "big")


def advice_seed(problem: Problem, check: str, purpose: str, number: int) -> int:
    """The seed for looking at a failed check once more: the same for every submission, and no instance's."""
    message = f"{purpose}:{check}:{number}".encode()
    return int.from_bytes(hmac.new(problem.instance_seed, message, hashlib.sha256).digest()[:16], "big")


def public_seed(problem: str, check: str) -> int:
    """The seed of a public check: the same everywhere, because its inputs are published."""
    return int.from_bytes(hashlib.sha256(f"public:{problem}:{check}".encode()).digest()[:16], "big")


def guest_seed(key: bytes, check: str) -> int:
    """The seed of the random generators inside the guest: unrelated to any check's own."""
    return int.from_bytes(hmac.new(key, f"guest:{check}".encode(), hashlib.sha256).digest()[:4], "big")
