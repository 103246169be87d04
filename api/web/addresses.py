"""Every address a page links to, in one place; the routes in ``pages`` answer them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

__all__ = [
    "apply_regrade",
    "audit",
    "discard_regrade",
    "events",
    "gradebook",
    "gradebook_csv",
    "hand_in",
    "handout",
    "handout_zip",
    "holds",
    "lift_hold",
    "lift_quarantine",
    "mistakes",
    "operations",
    "pset",
    "quarantine",
    "receipt",
    "regrade",
    "regrades",
    "retry",
    "source",
    "student",
    "submission",
    "submit",
    "upload",
]


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


def pset(course: str, name: str) -> str:
    return _path("courses", course, "psets", name)


def hand_in(course: str, name: str) -> str:
    return f"{pset(course, name)}#hand-in"


def submit(course: str, name: str) -> str:
    return _path("courses", course, "psets", name, "submissions")


def handout_zip(course: str, name: str) -> str:
    return _path("courses", course, "psets", name, "handout.zip")


def handout(course: str, name: str, problem: str) -> str:
    return _path("courses", course, "psets", name, "handouts", problem)


def submission(submission_id: str) -> str:
    return _path("submissions", submission_id)


def events(submission_id: str) -> str:
    return _path("submissions", submission_id, "events")


def receipt(submission_id: str) -> str:
    return _path("submissions", submission_id, "receipt.txt")


def retry(submission_id: str) -> str:
    return _path("submissions", submission_id, "retry")


def quarantine(submission_id: str) -> str:
    return _path("submissions", submission_id, "quarantine")


def lift_quarantine(submission_id: str) -> str:
    return _path("submissions", submission_id, "quarantine", "lift")


def operations(course: str) -> str:
    return _path("courses", course, "operations")


def holds(course: str) -> str:
    return _path("courses", course, "holds")


def lift_hold(course: str, hold_id: int) -> str:
    return _path("courses", course, "holds", str(hold_id), "lift")


def regrades(course: str, name: str) -> str:
    return _path("courses", course, "psets", name, "regrades")


def regrade(course: str, name: str, number: int) -> str:
    return _path("courses", course, "psets", name, "regrades", str(number))


def apply_regrade(course: str, name: str, number: int) -> str:
    return _path("courses", course, "psets", name, "regrades", str(number), "apply")


def discard_regrade(course: str, name: str, number: int) -> str:
    return _path("courses", course, "psets", name, "regrades", str(number), "discard")


def source(submission_id: str, filename: str) -> str:
    return _path("submissions", submission_id, "files", filename)


def upload(submission_id: str, filename: str) -> str:
    return _path("submissions", submission_id, "uploads", filename)


def gradebook(course: str, *, sort: str = "", descending: bool = False, section: str = "") -> str:
    query = {"sort": sort, "order": "descending" if descending else "ascending"} if sort else {}
    query |= {"section": section} if section else {}
    return _path("courses", course, "gradebook") + (f"?{urlencode(query)}" if query else "")


def gradebook_csv(course: str, *, section: str = "") -> str:
    query = f"?{urlencode({'section': section})}" if section else ""
    return _path("courses", course, "gradebook.csv") + query


def mistakes(course: str, name: str, *, section: str = "") -> str:
    query = f"?{urlencode({'section': section})}" if section else ""
    return _path("courses", course, "psets", name, "mistakes") + query


def audit(course: str | None, **query: str | int) -> str:
    """The audit trail of a course, or of everything."""
    chosen = {name: value for name, value in query.items() if value}
    path = _path("audit") if course is None else _path("courses", course, "audit")
    return path + (f"?{urlencode(chosen)}" if chosen else "")


def student(course: str, student_id: int) -> str:
    return _path("courses", course, "students", str(student_id))
