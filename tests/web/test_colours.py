"""Contrast, measured (WCAG 2.2 AA): text 4.5 to 1, edges 3 to 1, against what they lie on, in both."""

from __future__ import annotations

import re

import pytest

from api.web.rendering import ASSETS

CSS = ASSETS["style.css"].content.decode()
ROOTS = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(ROOTS[0])
SCHEMES = {"light": LIGHT, "dark": LIGHT | tokens(ROOTS[1])}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *((colour, ground) for colour in ("ink", "soft", "accent") for ground in ("paper", "raised", "sunk")),
    *((colour, "paper") for colour in ("good", "bad", "incident")),
    ("ink", "incident-wash"),
    ("soft", "incident-wash"),
    ("incident", "incident-wash"),
    ("bad", "bad-wash"),
    ("good", "sunk"),
    ("on-accent", "accent"),
]
EDGES = [("edge", "paper"), ("edge", "raised"), ("good-fill", "paper"), ("accent", "paper")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("colour", "ground"), TEXT)
def test_text_can_be_read(scheme, colour, ground):
    assert contrast(SCHEMES[scheme][colour], SCHEMES[scheme][ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("colour", "ground"), EDGES)
def test_edges_can_be_seen(scheme, colour, ground):
    assert contrast(SCHEMES[scheme][colour], SCHEMES[scheme][ground]) >= 3


def test_dark_redefines_every_colour():
    assert tokens(ROOTS[1]).keys() == LIGHT.keys()


def test_the_style_sheet_asks_nobody_else_for_anything():
    assert "@import" not in CSS
    assert "url(" not in CSS
