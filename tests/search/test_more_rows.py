"""What more rows would bring: learning curves of known form."""

from __future__ import annotations

import numpy as np
from scipy.optimize import curve_fit

from nbreg.search.more_rows import error_curve

SIZES = [50, 100, 200, 400, 800]


def of_form(a: float, b: float, c: float, noise: float, seed: int = 0) -> np.ndarray:
    """Return errors ``(5, 6)`` of six folds around ``a + b n^-c``."""
    errors = a + b * np.array(SIZES, float) ** -c
    return errors[:, None] * (1 + noise * np.random.default_rng(seed).normal(size=(5, 6)))


def test_the_curve_is_found_again():
    curve = error_curve(SIZES, of_form(2.0, 60.0, 0.7, 1e-6), 0.25)
    np.testing.assert_allclose(curve.at([50, 800, 8000]), 2 + 60 * np.array([50.0, 800, 8000]) ** -0.7, rtol=1e-3)
    np.testing.assert_allclose(curve.parameters[[0, 2]], (2.0, 0.7), rtol=0.02)


def test_it_is_the_curve_of_weighted_least_squares():
    errors = of_form(2.0, 60.0, 0.7, 0.03)
    spread = errors.std(axis=1, ddof=1) * np.sqrt(1 / 6 + 0.25)
    expected, _ = curve_fit(lambda n, a, b, c: a + b * n**-c, SIZES, errors.mean(axis=1), (1, 50, 0.6), spread)
    found = error_curve(SIZES, errors, 0.25)
    a, b, c = expected
    np.testing.assert_allclose(found.at([100, 1600]), a + b * np.array([100.0, 1600]) ** -c, rtol=0.005)


def test_what_is_foreseen_covers_the_truth_about_as_often_as_it_says():
    truth = 2 + 60 * 1600.0**-0.7
    held = []
    for seed in range(40):
        there = error_curve(SIZES, of_form(2.0, 60.0, 0.7, 0.05, seed), 0.0).foreseen(2)
        held.append(there.low <= truth <= there.high)
    assert np.mean(held) > 0.75


def test_uncertainty_grows_with_the_rows_that_folds_share_and_with_the_distance():
    errors = of_form(2.0, 60.0, 0.7, 0.05)
    alone, shared = (error_curve(SIZES, errors, share).foreseen(2) for share in (0.0, 1.0))
    assert shared.high - shared.low > alone.high - alone.low
    near, far = (error_curve(SIZES, errors, 0.25).foreseen(times) for times in (2, 10))
    assert (far.high - far.low) / far.error > (near.high - near.low) / near.error


def test_wild_errors_tell_nothing():
    errors = np.random.default_rng(1).lognormal(1, 1.2, size=(5, 5))
    curve = error_curve(SIZES, errors, 0.25)
    assert curve is None or not curve.foreseen(10).is_told


def test_too_few_sizes_or_folds_give_no_curve():
    errors = of_form(2.0, 60.0, 0.7, 0.01)
    assert error_curve(SIZES[:3], errors[:3], 0.25) is None
    assert error_curve(SIZES, errors[:, :1], 0.25) is None
    missing = errors.copy()
    missing[0, 1:] = np.nan
    assert error_curve(SIZES, missing, 0.25) is None


def test_sizes_may_come_in_any_order():
    errors = of_form(2.0, 60.0, 0.7, 0.02)
    there = error_curve(SIZES, errors, 0.25).foreseen(2)
    turned = error_curve(SIZES[::-1], errors[::-1], 0.25).foreseen(2)
    np.testing.assert_allclose(there[:2], turned[:2], rtol=1e-6)
