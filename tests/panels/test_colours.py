"""The view's colours can be told apart and read: WCAG 2.2, AA."""

from __future__ import annotations

import re

import pytest

from nbreg.panels.static_files import STATIC

#: What JupyterLab's themes give for the surface, and white, which is the fallback.
SURFACES = {"light": "#ffffff", "dark": "#212121"}
TEXT = ("text", "muted", "accent", "good", "bad")
RUNS = tuple(f"run-{place}" for place in range(1, 9))
SHAPES = ("train", "validation", "earlier", "control-edge", "accent", *RUNS)


def colours(theme: str) -> dict[str, str]:
    """Return the colours of a theme; what the dark one does not change is as in the light one."""
    css = (STATIC / "theme.css").read_text()
    light, dark = (re.search(pattern, css, re.S).group(1) for pattern in (
        r"\.nbreg-view \{(.*?)\}", r'\.nbreg-view\[data-theme="dark"\] \{(.*?)\}'))  # fmt: skip
    blocks = light if theme == "light" else light + dark
    return dict(re.findall(r"--nbreg-([\w-]+): (#[0-9a-f]{6});", blocks))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_definition():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize("name", TEXT)
def test_text_can_be_read(theme: str, name: str):
    assert contrast(colours(theme)[name], SURFACES[theme]) >= 4.5


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize("name", ["text", "muted"])
def test_text_on_raised_ground_can_be_read(theme: str, name: str):
    assert contrast(colours(theme)[name], colours(theme)["raised"]) >= 4.5


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize("name", SHAPES)
def test_lines_and_edges_can_be_seen(theme: str, name: str):
    assert contrast(colours(theme)[name], SURFACES[theme]) >= 3
