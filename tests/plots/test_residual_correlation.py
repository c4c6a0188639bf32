"""Which targets' residuals go together: the numbers against SciPy's, and what there is to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import pearsonr

from nbreg.errors import DataError
from nbreg.evaluation.pairs import sampled
from nbreg.plots.plot import plot


def with_residuals(report, residuals):
    observed = np.random.default_rng(1).normal(size=residuals.shape)
    return replace(report, pairs=sampled("test", observed, observed - residuals))


@pytest.fixture
def residuals():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(100, 1))
    return rng.normal(size=(100, 3)) + shared * [2, -2, 0]


def test_numbers_are_pearsons(regressor, three_targets, residuals):
    regressor.report_ = with_residuals(three_targets, residuals)
    info = plot("residual_correlation", regressor).info
    for i in range(3):
        for j in range(3):
            expected = pearsonr(residuals[:, i], residuals[:, j]).statistic
            np.testing.assert_allclose(info.values[i, j], expected, atol=1e-4)  # pairs have six digits
    assert info.strongest == (0, 1)
    assert f"strongest between a and b: −{abs(info.values[0, 1]):.2f}" in info.alt


def test_every_square_has_its_number(regressor, three_targets, residuals):
    regressor.report_ = with_residuals(three_targets, residuals)
    shown = plot("residual_correlation", regressor)
    texts = [text.get_text() for text in shown.figure.axes[0].texts]
    expected = [f"{value:.2f}".replace("-", "−") for value in shown.info.values.ravel()]
    assert texts == expected


def test_residuals_that_are_all_the_same_have_none(regressor, three_targets, residuals):
    residuals[:, [1, 2]] = 0.0
    regressor.report_ = with_residuals(three_targets, residuals)
    shown = plot("residual_correlation", regressor)
    assert np.isnan(shown.info.values[0, 1])
    assert shown.info.strongest is None
    assert shown.png
    assert "Heat map: correlation of the residuals of a, b and c on 100 test rows." in shown.info.alt


def test_one_target_is_told(regressor, report):
    regressor.report_ = report
    with pytest.raises(DataError, match="a picture of several targets; this regressor has one, price"):
        plot("residual_correlation", regressor)
