"""The corrected resampled t-test, Holm's correction and intervals, against SciPy and hand computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from nbreg.search.resampled import corrected_mean, corrected_t_test, half_width, holm


def test_without_rows_in_common_it_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=9), rng.normal(0.4, size=9)
    expected = stats.ttest_rel(first, second)
    found = corrected_t_test(first, second, 0.0)
    assert found.n == 9
    np.testing.assert_allclose((found.t, found.p), (expected.statistic, expected.pvalue), rtol=1e-12)


def test_rows_in_common_widen_the_error_as_nadeau_and_bengio_say():
    # Differences 1, 2, 3, 4, 5: mean 3, variance 2.5; 1/5 + 1/4 = 0.45.
    first, second = np.array([2.0, 4, 6, 8, 10]), np.array([1.0, 2, 3, 4, 5])
    found = corrected_t_test(first, second, 0.25)
    assert found.difference == 3
    np.testing.assert_allclose(found.standard_error, math.sqrt(0.45 * 2.5), rtol=1e-12)
    np.testing.assert_allclose(found.t, 3 / math.sqrt(1.125), rtol=1e-12)
    np.testing.assert_allclose(found.p, 2 * stats.t.sf(3 / math.sqrt(1.125), 4), rtol=1e-12)


def test_folds_that_either_lacks_are_passed_over():
    first, second = np.array([1.0, np.nan, 3, 5]), np.array([0.5, 1, np.nan, 2])
    assert corrected_t_test(first, second, 0.25) == corrected_t_test(first[[0, 3]], second[[0, 3]], 0.25)
    assert math.isnan(corrected_t_test(first[:2], second[:2], 0.25).p)


def test_differences_without_spread_are_certain():
    assert corrected_t_test([2, 3], [1, 2], 0.25).p == 0
    assert corrected_t_test([2, 3], [2, 3], 0.25).p == 1


def test_holm_gives_what_the_textbook_does():
    # R: p.adjust(c(.01, .04, .03, .005), "holm")
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], rtol=1e-12)
    np.testing.assert_allclose(holm([0.5, np.nan, 0.9]), [1.0, np.nan, 1.0], rtol=1e-12)
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_students(level: float):
    values = np.array([3.0, 4, 4.5, 7])
    low, high = stats.t.interval(level, 3, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose(half_width(corrected_mean(values, 0.0), level), (high - low) / 2, rtol=1e-12)
    assert math.isnan(half_width(corrected_mean([1.0], 0.25)))
