"""The average relative RMSE of several targets, beside scikit-learn's scores."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import root_mean_squared_error

import nbreg
from nbreg.evaluation.evaluation import Evaluation, evaluate
from nbreg.evaluation.headline import headline

RNG = np.random.default_rng(0)
TRAIN, OBSERVED = RNG.gamma(2, 3, (80, 2)), RNG.gamma(2, 3, (50, 2))
PREDICTED = OBSERVED + RNG.normal(size=(50, 2)) * [0.5, 3]


def of_each(observed, predicted, train):
    """Each target's RMSE, and that of scikit-learn's mean, on the same rows."""
    mean = DummyRegressor().fit(train, train).predict(observed)
    return [
        root_mean_squared_error(observed, each, multioutput="raw_values")
        for each in (predicted, mean)
    ]  # fmt: skip


def test_it_is_the_mean_of_errors_over_those_of_the_train_mean():
    evaluation = evaluate(OBSERVED, PREDICTED, ["a", "b"], TRAIN.mean(axis=0))
    ours, of_mean = of_each(OBSERVED, PREDICTED, TRAIN)
    np.testing.assert_allclose(evaluation.relative_rmse, ours / of_mean, rtol=1e-12)
    assert evaluation.arrmse == pytest.approx((ours / of_mean).mean())
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


def test_it_is_shown_for_several_targets():
    shown = repr(evaluate(OBSERVED, PREDICTED, ["a", "b"], TRAIN.mean(axis=0)))
    ours, of_mean = of_each(OBSERVED, PREDICTED, TRAIN)
    assert f"aRRMSE {(ours / of_mean).mean():.2f}: the RMSE as a share of the train mean's" in shown
    assert "Relative RMSE" in shown


def test_one_target_and_older_files_have_none():
    for evaluation in (
        evaluate(OBSERVED[:, 0], PREDICTED[:, 0], ["a"], TRAIN.mean(axis=0)[:1]),
        evaluate(OBSERVED, PREDICTED, ["a", "b"]),
        Evaluation.from_dict({k: v for k, v in evaluate(OBSERVED, PREDICTED, "ab", [0, 0]).to_dict().items()
                              if k != "relative_rmse"}),
    ):  # fmt: skip
        assert evaluation.arrmse is None
        assert "elative" not in repr(evaluation)
        assert "aRRMSE" not in evaluation._repr_mimebundle_()["text/html"]


def test_where_one_target_never_varies_there_is_no_average():
    observed = np.column_stack([np.full(50, 2.0), OBSERVED[:, 1]])
    evaluation = evaluate(observed, PREDICTED, ["a", "b"], [2.0, 3.0])
    assert evaluation.relative_rmse[0] is None
    assert evaluation.arrmse is None


def test_a_fit_tells_it_everywhere_with_the_train_rows_mean(tmp_path):
    table = pd.DataFrame(RNG.normal(size=(200, 3)), columns=list("xyz"))
    table["a"], table["b"] = np.exp(table["x"]), table["y"] + RNG.normal(size=200)
    regressor = nbreg.fit(table, target=["a", "b"], epochs=2, hidden=(4,))
    data = regressor.data_
    test = table.iloc[data.rows.test]
    ours, of_mean = of_each(test[["a", "b"]].to_numpy(), regressor.predict(test), data.observed("train"))
    expected = pytest.approx((ours / of_mean).mean())
    assert regressor.evaluate().arrmse == regressor.evaluate(test).arrmse == expected
    report = regressor.report_
    assert report.evaluations["test"].arrmse == expected
    assert report.baselines["mean"]["test"].arrmse == pytest.approx(1)
    shown = " ".join(f"{report.baselines[name]['test'].arrmse:.2g}" for name in ("boosted trees", "ridge"))
    assert f"; aRRMSE {report.evaluations['test'].arrmse:.2g} (boosted trees " in headline(report)
    assert all(number in headline(report) for number in shown.split())
    regressor.save(tmp_path / "kept.nbreg")
    assert nbreg.load(tmp_path / "kept.nbreg").evaluate(test).arrmse == expected
