"""Reports: what they hold, their notices, and the way through JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error

from nbreg.errors import FileError, TrainingError
from nbreg.evaluation.headline import headline
from nbreg.evaluation.history import thinned
from nbreg.evaluation.notices import overfitting
from nbreg.evaluation.pairs import sampled
from nbreg.evaluation.report import Report, make_report
from nbreg.training.run import Row

WORDS = {"network": "mlp 8, relu", "n_parameters": 123, "training": "adam, mse"}


def linear(data):
    """Return the predictions of least squares, in target units."""
    X, y = data.arrays("train")
    model = LinearRegression().fit(X, y)
    return lambda X: data.target_scaler.inverse_transform(model.predict(X))


@pytest.fixture
def report(make_data, make_run):
    data = make_data()
    return make_report(data, make_run(), linear(data), **WORDS)


def test_it_holds_rows_metrics_and_words(report, make_data):
    data = make_data()
    assert report.n_rows == {which: data.n_rows(which) for which in ("train", "validation", "test")}
    assert (report.n_features, report.n_inputs) == (5, data.encoder.n_inputs)
    expected = mean_absolute_error(data.observed("test"), linear(data)(data.arrays("test")[0]))
    assert report.evaluations["test"]["mae"] == pytest.approx(expected)
    assert set(report.baselines) == {"mean", "ridge", "boosted trees"}
    assert (report.status, report.epochs, report.epochs_run, report.best_epoch) == ("finished", 10, 5, 5)
    assert report.judged == "test"


def test_pairs_are_those_of_the_test_rows(report, make_data):
    np.testing.assert_allclose(report.pairs.observed[0], make_data().observed("test")[:, 0], rtol=1e-5)
    assert report.pairs.rows == "test"


def test_without_test_rows_validation_rows_count(make_data, make_run):
    data = make_data(test_fraction=0)
    report = make_report(data, make_run(), linear(data), **WORDS)
    assert report.judged == report.pairs.rows == "validation"
    assert "validation rows: R²" in headline(report)


def test_json_and_back(make_data, make_run):
    run = make_run()
    run.range_test = SimpleNamespace(
        learning_rates=np.array([1e-3, 1e-2]), losses=np.array([1, np.nan]), suggestion=1e-3
    )
    data = make_data(target=("price", "length"))
    report = make_report(data, run, linear(data), **WORDS)
    assert report.history[1].val_loss is None  # NaN is not JSON
    text = report.to_json()
    json.loads(text, parse_constant=pytest.fail)
    assert Report.from_json(text) == report
    assert Report.from_json(text).to_json() == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"targets": 1}', "null"])
def test_what_is_no_report_is_refused_in_one_line(text):
    with pytest.raises(FileError, match="no report"):
        Report.from_json(text)


def test_several_targets(make_data, make_run):
    data = make_data(target=("price", "length"))
    report = make_report(data, make_run(), linear(data), **WORDS)
    assert len(report.pairs.observed) == 2
    assert headline(report).startswith("Predicts price and length on 80 test rows: R² 0.9")


def test_honest_about_stronger_baselines(make_data, make_run):
    data = make_data()
    poor = make_report(data, make_run(), lambda X: np.full((len(X), 1), 40.0), **WORDS)
    starts = ("The mean predicts price", "Ridge regression predicts price", "Boosted trees predict price")
    for start in starts:
        assert any(line.startswith(f"{start} better than this network on test rows: RMSE ") for line in poor.notices)
    good = make_report(
        data, make_run(), lambda X: data.observed({80: "test", 64: "validation"}.get(len(X), "train")), **WORDS
    )
    assert not any("better" in line or "Overfitting" in line for line in good.notices)


def test_overfitting_is_told_with_its_figures(make_data, make_run):
    data = make_data()
    rng = np.random.default_rng(0)

    def predict(X):  # by heart on train rows, wildly on all others
        which = {len(data.arrays(name)[0]): name for name in ("train", "validation", "test")}[len(X)]
        return data.observed(which) + rng.normal(size=(len(X), 1)) * (0.1 if which == "train" else 5)

    notices = make_report(data, make_run(), predict, **WORDS).notices
    assert sum(line.startswith("Overfitting: the MAE of price is 0.0") for line in notices) == 1


def test_overfitting_needs_a_gap_that_is_large_and_beyond_chance():
    rng = np.random.default_rng(0)
    train, same, wide = rng.exponential(1, 5000), rng.exponential(1, 500), rng.exponential(2, 500)
    assert overfitting("y", train, same, "test") == []
    assert overfitting("y", train, wide[:3], "test") == []
    assert overfitting("y", train, wide, "test")[0].startswith("Overfitting: the MAE of y is 1.0 on train rows and 1.9")
    assert overfitting("y", np.full(100, 1.0), np.full(100, 1.2), "test") == []


def test_undefined_metrics_are_told(make_data, make_run):
    data = make_data(target="length")
    notices = make_report(data, make_run(), linear(data), **WORDS).notices
    assert "On test rows, length: no MSLE, RMSLE, as there are negative observed values." in notices


def test_notices_of_data_and_run_come_first(make_data, make_run):
    run, data = make_run(), make_data()
    run.notes.append("Trained slowly.")
    notices = make_report(replace(data, notices=("Left out 2 rows.",)), run, linear(data), **WORDS).notices
    assert notices[:2] == ("Left out 2 rows.", "Trained slowly.")


def test_a_failed_run_without_a_network(make_data, make_run):
    report = make_report(make_data(), make_run(0, error=ValueError("The loss is no number.")), None, **WORDS)
    assert (report.status, report.error, report.judged) == ("failed", "The loss is no number.", None)
    assert headline(report) == "Training failed: The loss is no number."
    assert Report.from_json(report.to_json()) == report


def test_first_weights_are_no_result(make_data, make_run):
    error = TrainingError("The loss was no finite number any more in epoch 1; no epoch had ended. Try something.")
    run = make_run(n_epochs=0, error=error)
    data = make_data()
    report = make_report(data, run, linear(data), **WORDS)
    assert not report.evaluations
    assert headline(report) == f"Training failed: {error}"


def test_the_headline_of_a_failure_leaves_advice_to_the_error(make_data, make_run):
    run = make_run(error=TrainingError("The loss was no finite number any more in epoch 6; all is kept. Try less."))
    data = make_data()
    line = headline(make_report(data, run, linear(data), **WORDS))
    assert line.startswith("Training failed: The loss was no finite number any more in epoch 6. What it had reached: P")


def test_a_network_that_gives_no_numbers(make_data, make_run):
    report = make_report(make_data(), make_run(), lambda X: np.full(len(X), np.nan), **WORDS)
    assert report.pairs.n_shown == 0
    assert report.evaluations["test"].value("mae") is None
    assert headline(report).startswith("Predicts price on 80 test rows: R² –")


def test_no_baselines_where_none_are_wanted(make_data, make_run):
    data = make_data()
    report = make_report(data, make_run(), linear(data), with_baselines=False, **WORDS)
    assert report.baselines == {}
    assert headline(report).endswith(f" on 80 test rows: R² {report.evaluations['test']['r2']:.2f}.")


def test_many_targets_are_summed_up_from_worst_to_best(report):
    evaluation = report.evaluations["test"]
    names = ("a", "b", "c", "d")
    many = replace(evaluation, targets=names, measured=evaluation.measured * 4)
    report = replace(report, targets=names, evaluations={"test": many})
    assert headline(report).startswith("Predicts 4 targets on 80 test rows: R² from 0.9")


def test_a_long_history_is_thinned_but_keeps_its_ends_and_its_best():
    history = [Row(i, 1.0, 2.0, 0.1) for i in range(1, 12_346)]
    kept = thinned(history, keep=7_777)
    assert 1000 <= len(kept) <= 1001
    assert (kept[0].epoch, kept[-1].epoch) == (1, 12_345)
    assert any(row.epoch == 7_777 for row in kept)
    assert thinned([], keep=None) == ()


def test_pairs_are_a_fixed_sample():
    observed = np.arange(10_000.0)[:, None]
    pairs = sampled("test", observed, observed + 1)
    assert pairs == sampled("test", observed, observed + 1)
    assert (pairs.n_shown, pairs.n_rows) == (2000, 10_000)
    np.testing.assert_allclose(np.subtract(pairs.predicted[0], pairs.observed[0]), 1)
