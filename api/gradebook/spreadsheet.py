"""The gradebook as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from api.gradebook.schemas import GradebookOut

__all__ = ["gradebook_csv", "neutral"]

# A cell that begins with one of these is run as a formula by some spreadsheet
# (https://owasp.org/www-community/attacks/CSV_Injection); the wide forms count in some locales.
_FORMULA_STARTS = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")


def neutral(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs: control characters out, a quote before a formula."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    # What stood before the sign may be blank only now.
    starts_formula = any(form.startswith(_FORMULA_STARTS) for form in (text, text.lstrip(), clean.lstrip()))
    return f"'{clean}" if starts_formula else clean


def gradebook_csv(book: GradebookOut) -> str:
    """One line for each student: name, e-mail, a column for each problem set, total.

    Where a course has sections, theirs comes after the e-mail. A set without a graded attempt
    is an empty cell. Numbers are plain, so they can be added up.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    section = ["section"] if book.sections else []
    writer.writerow(["name", "email", *section, *(neutral(pset.name) for pset in book.psets), "total"])
    for row in book.rows:
        cells = [row.scores[pset.name] for pset in book.psets]
        scores = ["" if cell is None or cell.score is None else f"{cell.score:.10g}" for cell in cells]
        person = [row.student.name, row.student.email, *([row.section or ""] if section else [])]
        writer.writerow([*(neutral(cell) for cell in person), *scores, f"{row.total:.10g}"])
    return file.getvalue()
