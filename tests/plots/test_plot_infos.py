"""What the plots of reports show, before anything is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nbreg.evaluation.history import Epoch
from nbreg.evaluation.pairs import Pairs
from nbreg.plots.learning_curve import LearningCurve
from nbreg.plots.learning_rate import LearningRate
from nbreg.plots.predicted_observed import PredictedObserved
from nbreg.plots.residuals import Residuals


def with_pairs(report, observed, predicted):
    pairs = Pairs("test", len(observed), (tuple(map(float, observed)),), (tuple(map(float, predicted)),))
    return replace(report, pairs=pairs)


def test_learning_curve(report):
    curve = LearningCurve.of_report(report)
    assert curve.lines == {"train": (1.0, 0.3, 0.1, 0.05), "validation": (0.8, None, 0.15, 0.2)}
    assert curve.best == (3, 0.15)
    assert curve.logarithmic
    assert curve.alt == (
        "Learning curve over 4 epochs. The train loss goes from 1.0 to 0.050. "
        "The validation loss goes from 0.80 to 0.20. The best epoch is 3, with 0.15."
    )


def test_learning_curve_without_validation_rows(report):
    rows = tuple(Epoch(i, loss, None, 1e-3) for i, loss in ((1, 1.0), (2, 0.5)))
    curve = LearningCurve.of_report(replace(report, history=rows, best_epoch=2))
    assert curve.lines == {"train": (1.0, 0.5)}
    assert curve.best == (2, 0.5)
    assert not curve.logarithmic


def test_learning_curve_of_one_epoch_and_of_losses_that_are_no_numbers(report):
    one = LearningCurve.of_report(replace(report, history=report.history[:1], best_epoch=1))
    assert one.best == (1, 0.8)
    assert "from 0.80 to 0.80" in one.alt
    none = LearningCurve.of_report(replace(report, history=(Epoch(1, None, None, 1e-3),), best_epoch=1))
    assert (none.lines, none.best) == ({}, None)
    for curve in (one, none):
        assert len(curve.figure().axes) == 1


def test_learning_curve_draws_its_lines(report):
    axes = LearningCurve.of_report(report).figure().axes[0]
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "validation"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1.0, 0.3, 0.1, 0.05])
    np.testing.assert_allclose(axes.lines[1].get_xdata(), [1, 3, 4])


def test_predicted_observed(report):
    (panel,) = PredictedObserved.of_report(report).panels
    low, high = panel.limits
    assert low < 99 < 200 < high  # predictions reach from 99 to 200
    assert (panel.n_outside, panel.sample, panel.quality) == (0, "100 test rows", "R² 0.999")
    assert PredictedObserved.of_report(report).alt == (
        "Predicted against observed values. price on 100 test rows: R² 0.999."
    )


def test_a_prediction_far_out_does_not_hide_the_others(report):
    (panel,) = PredictedObserved.of_report(with_pairs(report, [0, 5, 10], [1, 6, 1e6])).panels
    assert panel.limits == pytest.approx((-0.4, 10.4))
    assert panel.n_outside == 1
    assert panel.shown == ((0, 5), (1, 6))
    assert "1 too far out to show" in PredictedObserved((panel,)).alt


def test_constant_observed_values_still_have_limits(report):
    (panel,) = PredictedObserved.of_report(with_pairs(report, [3, 3], [3, 3])).panels
    assert panel.limits[0] < 3 < panel.limits[1]
    PredictedObserved((panel,)).figure()


def test_residuals_are_observed_less_predicted(report):
    residuals = Residuals.of_report(with_pairs(report, [1, 2, 3, 6], [2, 2, 2, 2]))
    assert residuals.panels[0].residuals == (-1, 0, 1, 4)
    assert residuals.spreads[0] == pytest.approx((1.0, np.std([-1, 0, 1, 4])))
    assert residuals.alt.startswith("Residuals, observed less predicted. price on 4 test rows: mean 1.0")


def test_residuals_where_all_predictions_are_far_out(report):
    residuals = Residuals.of_report(with_pairs(report, [1, 2], [1e9, 1e9]))
    assert residuals.panels[0].shown == ((), ())
    assert len(residuals.figure().axes) == 2


def test_range_test_leaves_out_what_ran_away(report):
    test = LearningRate.of_report(report)
    assert (test.learning_rates, test.losses, test.suggestion) == ((1e-4, 1e-3, 1e-2), (1.0, 0.5, 0.2), 1e-3)
    assert "suggested rate is 0.0010" in test.alt
