"""Evaluations: access, frame, representations."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from nbreg.errors import DataError, OptionError
from nbreg.evaluation.evaluation import Evaluation, evaluate

RNG = np.random.default_rng(0)
OBSERVED = RNG.uniform(1, 9, (50, 2))
PREDICTED = OBSERVED + RNG.normal(size=(50, 2)) * 0.3


def test_one_target_gives_a_number():
    evaluation = evaluate(OBSERVED[:, 0], PREDICTED[:, 0], ["price"])
    assert evaluation["rmse"] == pytest.approx(root_mean_squared_error(OBSERVED[:, 0], PREDICTED[:, 0]))
    assert evaluation.n_rows == 50


def test_several_targets_give_one_number_each():
    evaluation = evaluate(OBSERVED, PREDICTED, ["a", "b"])
    assert evaluation["r2"] == pytest.approx(
        {name: r2_score(OBSERVED[:, i], PREDICTED[:, i]) for i, name in enumerate("ab")}
    )
    assert evaluation.value("mae", "b") == pytest.approx(mean_absolute_error(OBSERVED[:, 1], PREDICTED[:, 1]))


def test_an_undefined_metric_is_nan_with_a_reason():
    evaluation = evaluate([0.0, 1.0], [1.0, 2.0], ["y"])
    assert math.isnan(evaluation["mape"])
    assert evaluation.value("mape") is None
    assert evaluation.reason("mape") == "there are zeros among the observed values"
    assert "y: no MAPE, as there are zeros among the observed values." in repr(evaluation)


def test_it_is_a_mapping_of_metrics():
    evaluation = evaluate(OBSERVED[:, 0], PREDICTED[:, 0], ["y"])
    assert dict(evaluation) == {name: evaluation[name] for name in evaluation}
    assert len(evaluation) == 8
    assert "rmse" in evaluation
    assert "score" not in evaluation


def test_frame_has_a_row_a_metric_and_a_column_a_target():
    frame = evaluate(OBSERVED, PREDICTED, ["a", "b"]).to_frame()
    assert frame.shape == (8, 2)
    assert frame.loc["mae", "b"] == pytest.approx(np.abs(OBSERVED - PREDICTED)[:, 1].mean())


def test_unknown_names_are_told_with_the_nearest_one():
    evaluation = evaluate(OBSERVED[:, 0], PREDICTED[:, 0], ["price"])
    with pytest.raises(OptionError, match='Did you mean "rmse"'):
        evaluation["rsme"]
    with pytest.raises(OptionError, match='Did you mean "price"'):
        evaluation.value("mae", "pricee")


@pytest.mark.parametrize("shape", [(3,), (4, 2)])
def test_shapes_that_differ_are_refused(shape):
    with pytest.raises(DataError, match="take one shape"):
        evaluate(np.ones(4), np.ones(shape), ["y"])


def test_plain_data_and_back():
    evaluation = evaluate([[0.0, 1.0], [1.0, 2.0]], [[1.0, 1.5], [2.0, 2.5]], ["a", "b"])
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


def test_text_is_rounded_and_html_stands_alone():
    bundle = evaluate([100.0, 200.0, 300.0], [110.0, 190.0, 333.3], ["price <€>"])._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[:4] == [
        "Evaluation on 3 rows",
        "                    price <€>",
        "MSE                       440",
        "RMSE                       21",
    ]
    assert "price &lt;€&gt;" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "http" not in bundle["text/html"]
