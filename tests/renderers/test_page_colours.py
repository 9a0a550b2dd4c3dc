"""The colours of the HTML page: every text can be read, light, dark and on paper (WCAG 2.2, AA)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from prompt_contracts.renderers.plot_specs import COLOURS

CSS = files("prompt_contracts.renderers").joinpath("report_page", "page.css").read_text("utf-8")
PRINTED = files("prompt_contracts.renderers").joinpath("report_page", "cell.css").read_text("utf-8")
TEXTS = [
    *((text, ground) for text in ("ink", "muted") for ground in ("page", "card", "soft")),
    *((kind, ground) for kind in ("passed", "failed", "error") for ground in ("page", "card", f"{kind}-soft")),
    *(("ink", f"{kind}-soft") for kind in ("passed", "failed", "error")),
    *(("accent", ground) for ground in ("page", "card")),
    ("page", "ink"),
]
SHAPES = [("plot-faint", "card"), ("accent", "card"), ("focus", "page"), ("focus", "card")]


def variables(text: str) -> dict[str, str]:
    """The colours that a part of a style sheet names."""
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", text))


LIGHT = variables(CSS.partition("@media (prefers-color-scheme: dark)")[0])
DARK = variables(CSS.partition("@media (prefers-color-scheme: dark)")[2].partition("* {")[0])
PAPER = LIGHT | variables(PRINTED.partition("@media print")[2])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance, as WCAG 2.2 defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_formula_gives_the_known_ratios() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("scheme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
@pytest.mark.parametrize(("text", "ground"), TEXTS, ids=lambda name: name)
def test_a_text_stands_out_from_its_ground(scheme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES, ids=lambda name: name)
def test_a_shape_stands_out_from_its_ground(scheme: dict[str, str], shape: str, ground: str) -> None:
    assert contrast(scheme[shape], scheme[ground]) >= 3


def test_the_dark_page_has_a_colour_for_every_one_of_the_light_page() -> None:
    assert DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_of_a_plot_follows_the_page(colour: str) -> None:
    assert f'[fill="{colour}"]' in CSS or f'[stroke="{colour}"]' in CSS
