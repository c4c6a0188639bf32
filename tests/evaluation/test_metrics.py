"""The eight metrics, against scikit-learn and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from numpy.testing import assert_allclose

from nbreg.evaluation.metrics import METRICS, measure

OBSERVED, PREDICTED = np.array([1.0, 3.0, 7.0, 9.0]), np.array([1.0, 4.0, 5.0, 10.0])


def test_eight_metrics_in_order():
    assert list(METRICS) == ["mse", "rmse", "mae", "r2", "explained_variance", "msle", "rmsle", "mape"]


def test_values_by_hand():
    # Residuals 0, -1, 2, -1: squares sum to 6, the observed values' squares about their mean 5 to 40.
    measured = {name: each.value for name, each in measure(OBSERVED, PREDICTED).items()}
    logs = (np.log(4 / 5) ** 2 + np.log(8 / 6) ** 2 + np.log(10 / 11) ** 2) / 4
    expected = {
        "mse": 1.5,
        "rmse": np.sqrt(1.5),
        "mae": 1.0,
        "r2": 1 - 6 / 40,
        "explained_variance": 1 - 6 / 40,  # the residuals' mean is 0
        "msle": logs,
        "rmsle": np.sqrt(logs),
        "mape": (1 / 3 + 2 / 7 + 1 / 9) / 4,
    }
    assert measured == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_values_are_those_of_scikit_learn(name):
    rng = np.random.default_rng(1)
    observed = rng.gamma(2, 100, 500)
    predicted = observed * rng.uniform(0.7, 1.5, 500)
    expected = getattr(sklearn.metrics, METRICS[name].function)(observed, predicted)
    assert_allclose(measure(observed, predicted)[name].value, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("observed", "predicted", "undefined", "reason"),
    [
        ([1, 2, 3], [1, 2, -0.5], {"msle", "rmsle"}, "1 prediction is negative"),
        ([1, 2, 3], [-1, 2, -0.5], {"msle", "rmsle"}, "2 predictions are negative"),
        ([-1, 2, 3], [1, 2, 3], {"msle", "rmsle"}, "there are negative observed values"),
        ([0, 2, 3], [1, 2, 3], {"mape"}, "there are zeros among the observed values"),
        ([2, 2, 2], [1, 2, 3], {"r2", "explained_variance"}, "all observed values are the same"),
        ([2], [3], {"r2", "explained_variance"}, "it takes two rows or more"),
        ([], [], set(METRICS), "there are no rows"),
        ([1, 2], [1, np.nan], set(METRICS), "1 prediction is not a finite number"),
        ([1, 2], [np.inf, np.nan], set(METRICS), "2 predictions are not finite numbers"),
        ([1, 2], [1e300, 2], {"mse", "rmse", "r2", "explained_variance"}, "it is too large to compute"),
    ],
)
def test_where_a_metric_is_not_defined_it_says_why(observed, predicted, undefined, reason):
    measured = measure(np.array(observed, float), np.array(predicted, float))
    assert {name for name, each in measured.items() if each.value is None} == undefined
    assert {measured[name].reason for name in undefined} == {reason}
    assert all(not each.reason for each in measured.values() if each.value is not None)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("mse", 1234567.0, "1.2 M"), ("mae", 268.4, "270"), ("r2", 0.9812, "0.98"), ("mape", 0.0344, "3.4 %"),
     ("msle", None, "–")],
)  # fmt: skip
def test_values_are_shown_in_their_kind_of_unit(name, value, shown):
    assert METRICS[name].show(value) == shown


@pytest.mark.parametrize(
    ("name", "mean", "error", "shown"),
    [("mae", 5.1023, 0.0791, "5.10 ± 0.08"), ("mape", 0.60123, 0.031, "60 ± 3 %"), ("mape", 0.0344, np.nan, "3.4 %"),
     ("r2", 0.9, 0.0, "0.90"), ("mae", np.nan, np.nan, "–")],
)  # fmt: skip
def test_means_are_shown_with_their_errors(name, mean, error, shown):
    assert METRICS[name].show_mean(mean, error) == shown


def test_shares_are_per_cent_on_an_axis():
    assert (METRICS["mape"].axis_title, METRICS["mape"].drawn) == ("MAPE, %", 100)
    assert (METRICS["mae"].axis_title, METRICS["mae"].drawn) == ("MAE", 1)
