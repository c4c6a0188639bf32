"""Figures and times in words."""

from __future__ import annotations

import math

import pytest

from nbreg.panels.wording import duration, figure, speed


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than 1 s"), (0.4, "less than 1 s"), (1, "1 s"), (8.4, "8 s"), (59.4, "59 s"), (59.7, "1 min"),
        (80, "1 min 20 s"), (82, "1 min 20 s"), (119, "2 min"), (599, "10 min"), (605, "10 min"),
        (3599, "60 min"), (7200, "2 h"), (7500, "2 h 5 min"), (86_400, "24 h"), (259_200, "3 days"),
    ],
)  # fmt: skip
def test_duration(seconds: float, words: str):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("epochs_per_second", "words"),
    [
        (12_345.6, "12,346 epochs/s"), (41, "41 epochs/s"), (4.96, "5.0 epochs/s"),
        (0.4, "2.5 s an epoch"), (0.05, "20 s an epoch"), (1 / 80, "1 min 20 s an epoch"),
    ],
)  # fmt: skip
def test_speed(epochs_per_second: float, words: str):
    assert speed(epochs_per_second) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (0.08123, "0.0812"), (0.11, "0.110"), (1, "1.00"), (99.94, "99.9"), (99.96, "100"),
        (-2.5, "-2.50"), (12_431.4, "12,431"), (0.00012, "1.20e-04"), (3.2e9, "3.20e+09"), (math.nan, "nan"),
    ],
)  # fmt: skip
def test_figure(value: float, words: str):
    assert figure(value) == words
