"""Which value is best: only one that really is, and what is said of that."""

from __future__ import annotations

import numpy as np
from scipy import stats

from nbreg.evaluation.metrics import METRICS
from nbreg.search.findings import findings_of, pairwise

MSE, R2 = METRICS["mse"], METRICS["r2"]


def test_a_value_is_best_only_if_it_beats_each_other_one():
    good, near, bad = np.array([4.0, 4.2, 3.9, 4.1]), np.array([4.1, 4.0, 4.0, 4.2]), np.array([9.0, 9.5, 8.8, 9.1])
    found = findings_of({0: bad, 1: good, 2: near}, MSE, 0.25)
    assert (found.leader, found.best, found.worse) == (1, None, (0,))
    assert set(found.level) == {1, 2}
    assert findings_of({0: bad, 1: good}, MSE, 0.25).best == 1


def test_of_shares_more_is_better():
    found = findings_of({0: np.array([0.5, 0.52, 0.49]), 1: np.array([0.9, 0.91, 0.9])}, R2, 0.25)
    assert found.best == 1


def test_chance_alone_marks_no_value_as_best():
    rng = np.random.default_rng(3)
    n_best = sum(
        findings_of({i: rng.lognormal(0, 0.3, 5) for i in range(6)}, MSE, 0.25).best is not None for _ in range(200)
    )
    assert n_best <= 4  # two per cent


def test_errors_are_compared_by_their_ratios():
    # The second value's errors are ten times the first's, and vary as widely in proportion.
    first = np.array([20.0, 30, 25, 35, 28])
    second = first * np.array([4.0, 20, 8, 15, 30])
    found = findings_of({0: first, 1: second}, MSE, 0.25)
    expected = stats.ttest_rel(np.log(first), np.log(second)).statistic * np.sqrt(0.2 / 0.45)
    (pair,) = pairwise({0: first, 1: second}, MSE, 0.25)
    np.testing.assert_allclose(pair.test.t, expected, rtol=1e-12)
    np.testing.assert_allclose(pair.difference.mean, (first - second).mean(), rtol=1e-12)
    assert found.best == 0
    by_rmse = findings_of({0: np.sqrt(first), 1: np.sqrt(second)}, METRICS["rmse"], 0.25)
    np.testing.assert_allclose(by_rmse.p[1], found.p[1], rtol=1e-9)


def test_errors_of_zero_are_compared_by_their_differences():
    (pair,) = pairwise({0: np.array([0.0, 1, 2]), 1: np.array([1.0, 3, 3])}, MSE, 0.0)
    expected = stats.ttest_rel([0.0, 1, 2], [1.0, 3, 3])
    np.testing.assert_allclose((pair.test.t, pair.test.p), (expected.statistic, expected.pvalue), rtol=1e-12)


def test_one_fold_or_one_value_says_nothing():
    assert findings_of({0: np.array([1.0, np.nan]), 1: np.array([2.0, np.nan])}, MSE, 0.25) is None
    assert findings_of({0: np.array([1.0, 2.0])}, MSE, 0.25) is None
