"""Nothing that a server or a student wrote can move the cursor, colour, hide or forge a line."""

from __future__ import annotations

import io
import sys

import pytest

from gradecli import terminal
from gradecli.terminal import Styled, clean, one_line


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[2J\x1b[1;1Hscore", "score"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP+q544e\x1b\\text", "text"),
        ("\x9b31mtext", "text"),
        ("\x9d0;title\x9ctext", "text"),
        ("one\rtwo", "onetwo"),
        ("one\r\ntwo", "one\ntwo"),
        ("back\x08\x7fspace\x00\x07", "backspace"),
        ("\u202egnirts\u202c", "gnirts"),
        ("\u2066isolate\u2069", "isolate"),
        ("a\u200bb\ufeffc", "abc"),
        ("line\u2028break\u2029s", "linebreaks"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("tag\U000e0041s", "tags"),
        ("\x1b", ""),
        ("\x1b[", ""),
        ("\x1bcreset", "reset"),
    ],
)
def test_control_sequences_and_invisible_characters_are_removed(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


@pytest.mark.parametrize(
    "text", ["∂L/∂W = Xᵀδ", "a\tb\nc", "scores[mask]", "[red]x[/red]", "می‌خواهم", "naïve 😀"]
)
def test_honest_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_no_control_character_survives_in_any_position() -> None:
    every = "".join(map(chr, range(0x250))) * 2
    left = clean(every)
    assert not {
        character for character in left if (ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0)
    } - {"\n", "\t"}


def test_endless_text_is_cut_and_says_so() -> None:
    assert clean("x" * 200_000).endswith("... (100000 more characters)")


def test_a_name_cannot_bring_lines_of_its_own() -> None:
    assert one_line("Ada\n  Total: 10/10 points\r\n\n") == "Ada Total: 10/10 points"


def test_markup_is_printed_as_the_text_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("[red]x[/red] :smile: ", Styled("[/]", "bold"), " a[0]")
    terminal.say_indented("[bold]y", 2)
    terminal.table(["[u]h"], [["[link=https://evil.example]z"]])
    assert (
        capsys.readouterr().out
        == "[red]x[/red] :smile: [/] a[0]\n  [bold]y\n[u]h\n[link=https://evil.example]z\n"
    )


def test_everything_printed_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b[2Jb\x9b1mc"
    terminal.say(evil, Styled(evil, "red"))
    terminal.say_indented(evil, 1)
    terminal.note(evil)
    terminal.complain(evil)
    terminal.table(["x"], [[evil], [Styled(evil, "red")]])
    terminal.say_json({"x": evil})
    with terminal.live_line() as line:
        line.show(evil)
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "\x9b" not in printed.out + printed.err
    assert printed.out.count("abc") == 5


def test_long_lines_are_never_cut_where_output_is_not_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("word " * 100)
    terminal.table(["one", "two"], [["x" * 300, "y"]])
    out = capsys.readouterr().out
    assert "word " * 99 in out
    assert "x" * 300 + "  y" in out


def test_tables_align_numbers_right(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(["set", "score"], [["pset1", "10"], ["p", "9.5"]], numbers=[1])
    assert capsys.readouterr().out == "set    score\npset1     10\np        9.5\n"


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colours_and_still_no_foreign_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    terminal.say(Styled("passed", "green"), " \x1b[2Jx")
    terminal.table(["name"], [["[red]\x1b[2Jy"]])
    assert "\x1b[32mpassed" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
    assert "[red]y" in screen.getvalue()


def test_a_console_that_lacks_a_character_prints_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    terminal.make_streams_forgiving()
    terminal.say("∂W")
    sys.stdout.flush()
    assert raw.getvalue().rstrip() == b"?W"


def test_live_line_tells_each_change_once_where_it_cannot_be_rewritten(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal.live_line() as line:
        line.show("waiting")
        line.show("waiting")
        line.show_in_passing("one small step")
        line.show("grading\nlinear")
    assert capsys.readouterr().err == "waiting\ngrading linear\n"
