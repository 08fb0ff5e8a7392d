"""Text must be legible in both themes: a contrast of 4.5, as WCAG 2.1 asks for (1.4.3)."""

import re
from pathlib import Path

import pytest

import kitae.report
from kitae.report.picture import STYLE

CSS = (Path(kitae.report.__file__).parent / "style.css").read_text(encoding="utf-8")
TEXTS = ("ink", "muted", "accent", "right", "wrong", "doubt")
GROUNDS = ("paper", "raised", "sunk", "accent-soft")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    *((text, ground) for ground in ("right-soft", "wrong-soft", "doubt-soft") for text in ("ink", "muted")),
    ("right", "right-soft"),
    ("wrong", "wrong-soft"),
    ("doubt", "doubt-soft"),
    ("ink", "mark"),
    ("paper", "ink"),
]


def themes(css: str) -> list[dict[str, str]]:
    """The colours of each block that sets some, over those of the first."""
    blocks = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
        for block in re.findall(r"\{([^{}]*--paper[^{}]*)\}", css)
    ]
    return [blocks[0] | block for block in blocks]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", range(3))
def test_the_page_is_legible_in_light_dark_and_print(theme: int) -> None:
    colours = themes(CSS)[theme]
    poor = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in PAIRS}
    assert {pair: found for pair, found in poor.items() if found < 4.5} == {}


@pytest.mark.parametrize("theme", range(2))
def test_the_picture_is_legible_in_both_themes(theme: int) -> None:
    colours = themes(STYLE)[theme]
    pairs = [(text, ground) for text in ("ink", "muted", "goal") for ground in ("paper", "own")]
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
