"""Intervals by split conformal prediction."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbreg.errors import DataError
from nbreg.forecasting.widths import Widths


def test_the_width_is_the_conformal_rank_of_the_residuals():
    predicted = np.zeros((99, 1))
    observed = np.arange(1.0, 100)[::-1, None] * np.where(np.arange(99) % 2, 1, -1)[:, None]
    widths = Widths.of(observed, predicted)
    assert widths.at(0.9)[0] == 90  # ceil(100 * 0.9) of 1 .. 99
    assert widths.at(0.5)[0] == 50
    assert widths.at(0.985)[0] == 99
    with pytest.raises(DataError, match="too few"):
        widths.at(0.995)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.2, 0.95))
def test_exchangeable_values_are_covered(seed, share):
    """On exchangeable rows the promised share holds on average: here over many targets at once."""
    rng = np.random.default_rng(seed)
    errors = rng.standard_t(4, size=(120, 400))
    widths = Widths.of(errors[:100], np.zeros((100, 400)))
    covered = (np.abs(errors[100:]) <= widths.at(share)).mean()
    assert covered == pytest.approx(share, abs=0.035)


def test_gaps_are_passed_over_and_files_hold_what_is_known():
    observed = np.ones((50, 2))
    observed[10:, 1] = np.nan
    widths = Widths.of(observed, np.zeros((50, 2)))
    np.testing.assert_array_equal(widths.at(0.8), 1)
    with pytest.raises(DataError, match=r"intervals of 0\.95"):
        widths.at(0.95)  # ten windows of the second target do not tell
    kept = Widths.from_lists(json.loads(json.dumps(widths.to_lists())))
    np.testing.assert_array_equal(kept.values, widths.values)
