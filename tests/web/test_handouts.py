"""Handouts as pages: Markdown and no more, formulas in one piece."""

from __future__ import annotations

import io
import zipfile

import pytest

from api.web.handouts import read_statements, to_html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)> text",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "![see](https://elsewhere.example/pixel.png)",
        "<https://a.example/?x='onmouseover=alert(1)>",
        "$<script>alert(1)</script>$",
        "$$\n<img src=x onerror=alert(1)>\n$$",
        '```"><script>alert(1)</script>\ncode\n```',
    ],
)
def test_a_handout_brings_no_markup_of_its_own(hostile):
    html = to_html(hostile)
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript:' not in html
    assert 'href="data:' not in html


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("$x_i * y_i * z_i$", "x_i * y_i * z_i"),
        ("$a_1$ and $b_1$", '<span class="tex">a_1</span> and <span class="tex">b_1</span>'),
        (r"$\frac{a}{b}$ \* literal", r'<span class="tex">\frac{a}{b}</span> * literal'),
        ("$$\nZ = X W \\\\\n+ b\n$$", '<div class="tex block">Z = X W \\\\\n+ b</div>'),
        ("So that\n$$x > 0$$\nholds", '<p>So that</p>\n<div class="tex block">x &gt; 0</div>\n<p>holds</p>'),
        ("- item\n  $$\n  - x\n  $$", '<div class="tex block">- x</div>'),
        ("then $$a*b*c$$ inline", '<span class="tex block">a*b*c</span>'),
        ("`$HOME$` is code", "<code>$HOME$</code> is code"),
    ],
)
def test_formulas_stay_the_tex_they_were_written_in(source, kept):
    assert kept in to_html(source)


@pytest.mark.parametrize(
    "source", ["It costs $5 and $6.", "Between $ and $ there is space.", "One $ alone", "$$"]
)
def test_money_is_no_formula(source):
    assert "class" not in to_html(source)


def test_tables_are_tables():
    assert "<td><code>(N, D)</code></td>" in to_html("| a | b |\n|---|---|\n| x | `(N, D)` |")


def test_every_published_handout_reads_well(curriculum):
    for handout in curriculum.glob("*/*/handout.md"):
        html = to_html(handout.read_text(encoding="utf-8"))
        assert "<h1>" in html
        assert "$" not in html.replace("\\$", ""), handout


def archive(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(f"pset1/{name}.md", content)
    return made.getvalue()


def test_statements_are_found_by_their_problems_name():
    found = read_statements(archive(README=b"no", alpha=b"# Alpha", other=b"no"), ("alpha", "beta"))
    assert found == {"alpha": "# Alpha"}


def test_an_enormous_or_unreadable_statement_is_left_to_the_download():
    assert read_statements(archive(alpha=b"x" * 600_000), ("alpha",)) == {}
    assert read_statements(b"not an archive", ("alpha",)) == {}
