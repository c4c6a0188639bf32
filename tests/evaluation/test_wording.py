"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.evaluation.wording import count, counted, give_or_take, listed, of_one, per_cent, rounded, tick


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (268.4, "270"), (12345, "12,000"), (0.0123, "0.012"), (9.96, "10"), (999_999, "1.0 M"),
     (1_240_000, "1.2 M"), (580e6, "580 M"), (1.14e9, "1.1 bn"), (3.4e13, "3.4 × 10¹³"), (0.00001234, "1.2 × 10⁻⁵"),
     (-3.21, "−3.2"), (None, "–"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_two_significant_digits(number, text):
    assert rounded(number) == text


@given(st.floats(1e-3, 9e5))
def test_rounding_errs_by_less_than_half_a_step(number):
    text = rounded(number).replace(",", "")
    shown = 1e6 if text == "1.0 M" else float(text)
    assert abs(shown - number) <= 0.0501 * 10 ** math.floor(math.log10(number))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.9812, "0.98"), (0.9951, "0.995"), (0.9979, "0.998"), (0.99995, "0.99995"), (1.0, "1.00"), (0.5, "0.50"),
     (-0.001, "0.00"), (-0.52, "−0.52"), (-29.4, "−29"), (None, "–")],
)  # fmt: skip
def test_shares_of_one_never_round_up_to_one(number, text):
    assert of_one(number) == text


def test_other_words():
    assert count(12400) == "12,400"
    assert counted(1, "row") == "1 row"
    assert counted(12400, "test row") == "12,400 test rows"
    assert per_cent(0.0344) == "3.4 %"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [tick(number) for number in (0, 17500, 0.25, 2.5e6, -3)] == ["0", "17,500", "0.25", "2.5 M", "−3"]


@pytest.mark.parametrize(
    ("number", "error", "expected"),
    [
        (5.1017, 0.0795, "5.10 ± 0.08"),
        (5.1017, 0.123, "5.10 ± 0.12"),
        (30.61, 10.2, "31 ± 10"),
        (30.61, 5.2, "31 ± 5"),
        (0.97712, 0.0041, "0.977 ± 0.004"),
        (-0.0412, 0.031, "−0.04 ± 0.03"),
        (3_730.4, 312.0, "3,700 ± 300"),
        (0.0, 0.5, "0 ± 0.5"),
        (0.012, 0.5, "0.01 ± 0.5"),
        (2_345_678.0, 31_000.0, "2.35 M ± 30,000"),
        (9.9961, 0.0996, "10.0 ± 0.10"),
        (4.4031, 0.0955, "4.40 ± 0.10"),
        (4.4031, 0.0944, "4.40 ± 0.09"),
        (18.04, 0.98, "18.0 ± 1.0"),
        (4.5678, float("nan"), "4.6"),
        (float("nan"), 0.1, "–"),
        (4.5678, 0.0, "4.6"),
    ],
)
def test_a_number_is_told_as_far_as_it_is_known(number: float, error: float, expected: str):
    assert give_or_take(number, error) == expected
