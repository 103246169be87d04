"""Notebooks: the cells a student selected become source, with their places; nothing is run."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import BadSubmissionError, TooLargeSubmissionError
from grader.intake import UploadedFile, take_in
from grader.intake.magics import magic_lines
from grader.intake.places import Places

PROBLEMS = ["alpha", "beta"]


def cell(source: str | list[str], *tags: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source, "outputs": []} | more


def notebook(*cells: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells} | more).encode()


def taken(content: bytes, name: str = "work.ipynb", problems: list[str] = PROBLEMS) -> dict[str, str]:
    files = take_in([UploadedFile(name, content)], problems).files
    return {problem: source.decode() for problem, source in files.items()}


def refusal(content: bytes, name: str = "work.ipynb") -> str:
    with pytest.raises(BadSubmissionError) as caught:
        taken(content, name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    return str(caught.value)


# What is selected ----------------------------------------------------------------------------------


def test_tagged_cells_are_taken_with_the_number_of_their_cell() -> None:
    content = notebook(
        cell("# Homework", kind="markdown"),
        cell("import numpy as np", "alpha", "beta"),
        cell("plot(everything)"),
        cell(["def alpha(x):\n", "    return np.exp(x)"], "alpha", "slow"),
        cell("B = 1", "beta"),
    )
    assert taken(content) == {
        "alpha": "# gradecli: from cell 2\nimport numpy as np\n\n"
        "# gradecli: from cell 4\ndef alpha(x):\n    return np.exp(x)\n",
        "beta": "# gradecli: from cell 2\nimport numpy as np\n\n# gradecli: from cell 5\nB = 1\n",
    }


def test_lines_between_marks_are_taken_within_a_cell_and_across_cells() -> None:
    content = notebook(
        cell("print(1)\n# gradecli: alpha\na = 1\n# gradecli: end\nprint(2)"),
        cell("#gradecli: beta, alpha\nimport math"),
        cell("a note", kind="markdown"),
        cell("b = 2\n# gradecli: end"),
    )
    assert taken(content) == {
        "alpha": "# gradecli: from cell 1, line 3\na = 1\n\n# gradecli: from cell 2, line 2\nimport math\n\n"
        "# gradecli: from cell 4\nb = 2\n",
        "beta": "# gradecli: from cell 2, line 2\nimport math\n\n# gradecli: from cell 4\nb = 2\n",
    }


def test_a_cell_that_is_tagged_and_marked_is_taken_once() -> None:
    source = "# gradecli: alpha\na = 1\n# gradecli: end\nb = 2"
    assert taken(notebook(cell(source, "alpha"))) == {"alpha": f"# gradecli: from cell 1\n{source}\n"}


def test_submit_means_the_problem_of_the_notebooks_name_or_the_only_one() -> None:
    content = notebook(cell("a = 1", "submit"), cell("# gradecli: submit\nb = 2\n# gradecli: end"))
    assert set(taken(content, "beta.ipynb")) == {"beta"}
    assert set(taken(content, "anything.ipynb", ["alpha"])) == {"alpha"}
    assert "Cell 1 of work.ipynb says `submit`, but not for which problem" in refusal(content)


def test_the_third_format_is_read() -> None:
    old = {"cell_type": "code", "metadata": {"tags": ["alpha"]}, "input": ["a = 1\n", "b = 2"], "outputs": []}
    content = json.dumps({"nbformat": 3, "worksheets": [{"cells": [old]}]}).encode()
    assert taken(content) == {"alpha": "# gradecli: from cell 1\na = 1\nb = 2\n"}


def test_outputs_and_whatever_else_a_notebook_carries_are_passed_over() -> None:
    output = {"data": {"image/png": "iVBOR" * 1000, "text/html": "<script>"}, "metadata": {"n": 10**400}}
    content = notebook(cell("a = 1", "alpha", outputs=[output], execution_count=None), widgets={"x": [1.5]})
    content = content.replace(b"1.5", b"NaN")
    assert taken(content) == {"alpha": "# gradecli: from cell 1\na = 1\n"}


def test_in_a_zip_notebooks_without_anything_selected_are_left_alone_and_alone_they_are_refused() -> None:
    scratch = notebook(cell("plot()"), cell("x = 1", "parameters"))
    assert (
        "scratch.ipynb marks no cell to be handed in: tag the cells, or put `# gradecli: alpha`"
        in refusal(scratch, "scratch.ipynb")
    )
    assert "marks no cell" in refusal(scratch, "alpha.ipynb")


# What makes no sense -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([cell("# gradecli: alpha\na = 1")], "Cell 1, line 1 of work.ipynb begins alpha and nothing ends it"),
        ([cell("a = 1\n# gradecli: end")], "Cell 1, line 2 of work.ipynb ends what nothing began"),
        ([cell("# gradecli: alpha\n# gradecli: beta")], "begins another problem before alpha has ended"),
        (
            [cell("# gradecli: alhpa\n")],
            "names alhpa, which is no problem of this set: write one of alpha, beta",
        ),
        ([cell("# gradecli:\n")], "names no problem: write one of alpha, beta"),
        ([cell("# gradecli: alpha\n\n# gradecli: end")], "marks a place for alpha without any code in it"),
        ([cell("", "alpha")], "without any code"),
        ([cell("x = '\ud800'", "alpha")], "half of a character"),
    ],
)
def test_marks_that_make_no_sense_are_told_with_their_place(cells: list[dict[str, Any]], words: str) -> None:
    assert words in refusal(notebook(*cells))


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!pip install torch",
        "%%time",
        "  %timeit f()",
        "np.exp?",
        "?x",
        "a = !ls",
        "b = %pwd",
    ],
)
def test_what_only_a_notebook_understands_is_refused_with_its_place(line: str) -> None:
    sentence = refusal(notebook(cell("y"), cell(f"x = 1\n{line}", "alpha")))
    assert sentence.startswith("Cell 2, line 2 of work.ipynb is ")
    assert "delete it, or move it to a cell that you do not hand in" in sentence


def test_a_magic_outside_the_marks_is_the_students_own_affair() -> None:
    content = notebook(cell("%matplotlib inline\n# gradecli: alpha\na = 1\n# gradecli: end\n!ls"))
    assert "from cell 1, line 3" in taken(content)["alpha"]


@pytest.mark.parametrize(
    "source",
    [
        "x = (7\n  % 3)",
        "x = 7 \\\n  % 3",
        's = """\n%d items\n!important\n"""',
        "s = '''\n! it's\n'''",
        "# what? why?\n# !ls",
        "s = 'why?'",
        "x = [\n  1,\n  2] # ok?\ny = a != b",
        "if x:  # (\n    y = '%' % 3",
    ],
)
def test_python_that_looks_like_a_magic_is_python(source: str) -> None:
    assert magic_lines(source.split("\n")) == []


def test_looking_for_magics_takes_time_in_proportion() -> None:
    for hostile in ("\\'''\n", "'", '"""', "\\'a", "(" * 50 + "\n", "? ", "a ", "= ", "\\\n", "%\n", "#'"):
        began = time.perf_counter()
        magic_lines((hostile * (2**20 // len(hostile))).split("\n"))
        assert time.perf_counter() - began < 20, hostile


# What is no notebook -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON in UTF-8"),
        (b"\xff", "not JSON in UTF-8"),
        (b"[]", "it is another kind of file"),
        (b"{}", "its format is none that is known here"),
        (b'{"nbformat": 2, "cells": []}', "its format is none"),
        (b'{"nbformat": 4}', "it has no list of cells"),
        (b'{"nbformat": 4, "cells": [1]}', "one of its cells is none"),
        (b'{"nbformat": 3, "worksheets": [{}]}', "it has no list of cells"),
        (notebook(cell("x", "alpha") | {"source": 5}), "the code of a cell is not text"),
        (notebook(cell("x", "alpha") | {"source": ["a", None]}), "the code of a cell is not text"),
        (b'{"nbformat": 4, "cells": [], "cells": []}', "a key is there twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "far more values|nested too deep"),
        (b"[" + b"0," * 300_000 + b"0]", "far more values"),
        (notebook(*[cell("")] * 2_001), "has 2,001 cells"),
        (notebook(cell("#" * 2**20 + "#")), "holds more than 1024 KiB of code"),
        (notebook(cell("#" * 2**18, "alpha")), "larger than 256 KiB"),
    ],
)
def test_what_cannot_be_a_notebook_is_refused(content: bytes, words: str) -> None:
    sentence = refusal(content, "alpha.ipynb")
    assert any(word in sentence for word in words.split("|")), sentence


def test_a_notebook_of_too_many_bytes_is_refused_unparsed() -> None:
    with pytest.raises(TooLargeSubmissionError, match=r"More than 4 MiB was handed in: .* clear the outputs"):
        taken(b" " * (4 * 2**20 + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"{}," * 66_000 + b"{}]",
        b"[" + b'{"a":1},' * 99_000 + b"0]",
        b"[" + b"1" * (4 * 2**20 - 2) + b"]",
        b'["' + b"\\u00e9" * 690_000 + b'"]',
        b'"' * (4 * 2**20),
        b'"\\' * (2 * 2**20),
        b"[" + b"9" * 4000 + b"]",
        notebook(cell(["\n"] * 190_000, "alpha")),
        notebook(cell("# gradecli: alpha\n#\n# gradecli: end\n" * 20_000)),
    ],
    ids=["objects", "keys", "digits", "escapes", "quotes", "backslashes", "integer", "lines", "marks"],
)
def test_no_notebook_takes_much_memory_or_time(content: bytes) -> None:
    began = time.perf_counter()
    tracemalloc.start()
    try:
        taken(content)
    except BadSubmissionError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 96 * 2**20
    assert time.perf_counter() - began < 60


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NOTEBOOKISH = st.fixed_dictionaries(
    {
        "nbformat": st.sampled_from([3, 4, 4, 4, "4", None]),
        "cells": st.lists(
            st.fixed_dictionaries(
                {
                    "cell_type": st.sampled_from(["code", "code", "markdown", 1]),
                    "source": st.one_of(
                        st.lists(
                            st.sampled_from(
                                [
                                    "# gradecli: alpha\n",
                                    "# gradecli: end\n",
                                    "x = 1\n",
                                    "'''",
                                    "%x\n",
                                    "(\n",
                                    "\r",
                                    "\f",
                                ]
                            ),
                            max_size=8,
                        ),
                        JSON_VALUES,
                    ),
                    "metadata": st.one_of(
                        st.fixed_dictionaries(
                            {"tags": st.lists(st.sampled_from(["alpha", "submit", "x", 3]))}
                        ),
                        JSON_VALUES,
                    ),
                }
            ),
            max_size=4,
        )
        | JSON_VALUES,
    }
)


@given(
    st.binary(max_size=300)
    | NOTEBOOKISH.map(lambda value: json.dumps(value).encode())
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    for name in ("work.ipynb", "alpha.ipynb"):
        try:
            files = taken(content, name)
        except BadSubmissionError as error:
            assert str(error).isprintable()  # noqa: PT017 - or it was taken
        else:
            assert all(source.startswith("# gradecli: from cell ") for source in files.values())


# Where a line came from ----------------------------------------------------------------------------


def test_lines_of_the_graded_file_are_told_as_places_in_the_notebook() -> None:
    content = notebook(
        cell("x"), cell("a = 1\r\nb = 2", "alpha"), cell("y\n# gradecli: alpha\nc = 3\nd\n# gradecli: end")
    )
    source = taken(content)["alpha"]
    places = Places(source)
    found = {line: places.of(number) for number, line in enumerate(source.split("\n"), start=1)}
    assert found["a = 1"] == "cell 2, line 1"
    assert found["b = 2"] == "cell 2, line 2"
    assert found["c = 3"] == "cell 3, line 3"
    assert found["d"] == "cell 3, line 4"
    assert places.whole == "your notebook"


def test_lines_of_a_file_that_came_as_one_stay_lines() -> None:
    places = Places("import x\n# gradecli: from cell 7\ny = 1\n")
    assert places.of(3) == "line 3"
    assert places.whole == ""
