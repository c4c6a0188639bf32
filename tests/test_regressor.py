"""The estimator: scikit-learn's own checks, and what a table's fit promises."""

import copy
import gc
import io
import pickle
import weakref

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nbreg
from nbreg import NbregError, Regressor


@parametrize_with_checks([Regressor(hidden=(16,), epochs=60, learning_rate=0.01, engine="graph")])
def test_scikit_learn_agrees(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


QUICK = {"hidden": (8,), "epochs": 5, "engine": "graph"}


def test_every_option_is_a_parameter_and_survives_cloning():
    regressor = Regressor(hidden=(3, 2), learning_rate="auto", schedule="cosine", seed=4, epochs=7)
    assert clone(regressor).get_params() == regressor.get_params()
    assert regressor.set_params(epochs=9).get_params()["epochs"] == 9
    assert regressor.get_params()["network"] == "mlp"


def test_an_unknown_option_is_refused_with_the_nearest():
    with pytest.raises(NbregError, match=r'no option "hiden"\. Did you mean "hidden"'):
        Regressor(hiden=(3,))
    with pytest.raises(NbregError, match=r'no option "epoch"\. Did you mean "epochs"'):
        nbreg.fit(pd.DataFrame({"x": [1.0], "y": [1.0]}), "y", epoch=3)


def test_an_option_of_another_architecture_is_refused(diabetes):
    with pytest.raises(NbregError, match="The perceptron has no option hidden"):
        Regressor(network="perceptron", hidden=(3,)).fit(*diabetes)


def test_the_seed_decides_all_bits(diabetes):
    X, y = diabetes
    first, again, other = (Regressor(**QUICK, dropout=0.1, seed=seed).fit(X, y).predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


def test_training_leaves_the_global_random_numbers_alone(diabetes):
    import random

    random.seed(0)
    np.random.seed(0)
    expected = random.random(), np.random.random()
    random.seed(0)
    np.random.seed(0)
    Regressor(**QUICK, dropout=0.1).fit(*diabetes)
    assert (random.random(), np.random.random()) == expected


@pytest.mark.parametrize("copied", ["pickle", "joblib", "deepcopy"])
def test_a_copy_predicts_the_same_bits(diabetes, copied, tmp_path):
    X, y = diabetes
    regressor = Regressor(**QUICK).fit(X, y)
    if copied == "pickle":
        twin = pickle.loads(pickle.dumps(regressor))
    elif copied == "joblib":
        buffer = io.BytesIO()
        joblib.dump(regressor, buffer)
        buffer.seek(0)
        twin = joblib.load(buffer)
    else:
        twin = copy.deepcopy(regressor)
    np.testing.assert_array_equal(twin.predict(X), regressor.predict(X))
    assert twin.history_.equals(regressor.history_)
    assert twin.get_params() == regressor.get_params()


def test_it_works_within_scikit_learn(diabetes):
    X, y = diabetes
    scores = cross_val_score(Regressor(hidden=(16,), epochs=80, learning_rate=0.01), X, y, cv=3)
    assert scores.mean() > 0.35  # ridge reaches 0.49, the mean 0
    search = GridSearchCV(Regressor(**QUICK), {"learning_rate": [1e-5, 0.01]}, cv=2).fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.01}
    piped = make_pipeline(StandardScaler(), Regressor(**QUICK)).fit(X, y)
    assert piped.predict(X[:3]).shape == (3,)
    assert (
        TransformedTargetRegressor(Regressor(**QUICK), func=np.log, inverse_func=np.exp).fit(X, y).predict(X).min() > 0
    )


def test_several_targets_are_predicted_together(diabetes):
    X, y = diabetes
    both = np.column_stack([y, -2 * y])
    predicted = Regressor(hidden=(16,), epochs=60, learning_rate=0.01).fit(X, both).predict(X)
    assert predicted.shape == (len(X), 2)
    assert np.corrcoef(predicted[:, 0], predicted[:, 1])[0, 1] < -0.9


def test_the_perceptron_is_the_linear_model(diabetes):
    """Trained to the end on all rows, it is ordinary least squares."""
    from sklearn.linear_model import LinearRegression

    X, y = diabetes
    X = X[:, [1, 2, 3, 8]]
    perceptron = Regressor(
        network="perceptron", validation_fraction=0.0, patience=0, epochs=400, learning_rate=0.05, schedule="cosine",
        scaling="standard", target_transform="none", batch_size=442,
    ).fit(X, y)  # fmt: skip
    expected = LinearRegression().fit(X, y).predict(X)
    np.testing.assert_allclose(perceptron.predict(X), expected, atol=1e-3 * np.ptp(expected))


def test_an_array_may_stand_for_a_frame_and_constant_columns_may_be_there(diabetes):
    X, y = diabetes
    X = np.column_stack([np.ones(len(X)), X])
    by_array = Regressor(**QUICK).fit(X, y)
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(X.shape[1])])
    by_frame = Regressor(**QUICK).fit(frame, pd.Series(y, name="progression"))
    np.testing.assert_array_equal(by_array.predict(X), by_frame.predict(frame))
    assert by_frame.target_names_ == ("progression",)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_array_equal(by_frame.predict(X), by_frame.predict(frame))


# Fits of whole tables


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"x": rng.normal(size=300), "kind": rng.choice(list("abc"), 300), "extra": rng.normal(size=300)}
    )
    table["y"] = np.sin(table["x"]) + (table["kind"] == "a")
    table.index = pd.RangeIndex(1000, 1300)
    return table


@pytest.fixture(scope="module")
def fitted(table):
    return nbreg.fit(table, "y", hidden=(32,), epochs=40, learning_rate=0.01)


def test_columns_are_found_by_name(fitted, table):
    predicted = fitted.predict(table)
    np.testing.assert_array_equal(fitted.predict(table[["kind", "extra", "x"]]), predicted)
    np.testing.assert_array_equal(fitted.predict(table.assign(more=1.0)), predicted)
    with pytest.raises(NbregError, match='lacks the column "kind"'):
        fitted.predict(table[["x", "extra"]])


def test_predictions_come_as_the_callers_kind(fitted, table):
    import polars as pl
    import pyarrow as pa

    expected = fitted.predict(table)
    series = fitted.predict_frame(table)
    assert isinstance(series, pd.Series)
    assert series.index.equals(table.index)
    assert series.name == "y"
    np.testing.assert_array_equal(series, expected)
    assert isinstance(fitted.predict_frame(pl.from_pandas(table)), pl.Series)
    assert isinstance(fitted.predict_frame(pa.Table.from_pandas(table)), pa.ChunkedArray)
    both = nbreg.fit(table, ["y", "extra"], **QUICK).predict_frame(table)
    assert list(both.columns) == ["y", "extra"]


def test_test_rows_are_held_back_and_evaluated(fitted, table):
    from sklearn.metrics import r2_score

    evaluation = fitted.evaluate()
    assert evaluation.n_rows == fitted.report_.n_rows["test"] == 60
    rows = fitted.data_.rows.test
    assert evaluation["r2"] == pytest.approx(r2_score(table["y"].iloc[rows], fitted.predict(table.iloc[rows])))
    assert evaluation["r2"] > 0.7


def test_evaluating_leaves_out_rows_without_a_target(fitted, table):
    gappy = table.copy()
    gappy.loc[gappy.index[:100], "y"] = np.nan
    assert fitted.evaluate(gappy).n_rows == 200
    with pytest.raises(NbregError, match="nothing to evaluate on"):
        fitted.evaluate(table.assign(y=np.nan))
    with pytest.raises(NbregError, match='no column "y" for the target'):
        fitted.evaluate(table.drop(columns="y"))


def test_history_is_a_row_an_epoch(fitted):
    history = fitted.history_
    assert list(history.columns) == ["epoch", "loss", "val_loss", "learning_rate"]
    assert list(history["epoch"]) == list(range(1, len(history) + 1))
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_training_in_the_background_returns_at_once(table):
    regressor = nbreg.fit(table, "y", epochs=100_000, patience=0, background=True)
    with pytest.raises(Exception, match="still training"):
        regressor.predict(table)
    regressor.run_.request_stop()
    assert regressor.run_.wait(30)
    assert regressor.run_.status == "stopped"
    assert regressor.predict(table).shape == (300,)


def test_the_session_lets_old_regressors_go_but_remembers_their_runs(table):
    from nbreg.session import KEPT, SESSION

    fitted = [weakref.ref(nbreg.fit(table, "y", **QUICK, seed=seed)) for seed in range(KEPT + 2)]
    gc.collect()
    assert [each() is None for each in fitted] == [True, True] + KEPT * [False]
    assert fitted[-1]() is SESSION.latest
    runs = SESSION.runs().tail(KEPT + 2)
    assert list(runs["status"]) == (KEPT + 2) * ["finished"]
    assert (runs["test R²"] != "").all()


def test_a_loss_that_runs_away_leaves_the_best_weights(table):
    from nbreg.session import SESSION

    with pytest.raises(NbregError, match="learning rate") as caught:
        nbreg.fit(table, "y", optimizer="sgd", learning_rate=1e6, epochs=20)
    left = caught.value.regressor
    assert left is SESSION.latest
    assert left.run_.status == "failed"
    assert np.isfinite(left.predict(table)).all()


def test_before_training_everything_says_so(table):
    from sklearn.exceptions import NotFittedError

    for use in (lambda r: r.predict(table), lambda r: r.evaluate(), lambda r: r.save("x"), lambda r: r.history_):
        with pytest.raises(NotFittedError, match="has not been trained yet"):
            use(Regressor())


# Losses of the targets themselves


def test_msle_is_measured_on_the_targets(table):
    """The best loss, brought back from scaled targets, is scikit-learn's MSLE on the validation rows."""
    from sklearn.metrics import mean_squared_log_error

    positive = table.assign(y=np.exp(table["y"]))
    fitted = nbreg.fit(positive, "y", loss="msle", hidden=(16,), epochs=20)
    rows = fitted.data_.rows.validation
    predicted = fitted.predict(positive.iloc[rows])
    expected = mean_squared_log_error(positive["y"].iloc[rows], predicted)
    assert fitted.run_.best.val_loss * fitted.target_scaler_.scale_[0] ** 2 == pytest.approx(expected, rel=1e-3)


def test_mape_is_measured_on_the_targets(table):
    from sklearn.metrics import mean_absolute_percentage_error

    positive = table.assign(y=np.exp(table["y"]))
    fitted = nbreg.fit(positive, "y", loss="mape", hidden=(16,), epochs=20)
    rows = fitted.data_.rows.validation
    expected = mean_absolute_percentage_error(positive["y"].iloc[rows], fitted.predict(positive.iloc[rows]))
    assert fitted.run_.best.val_loss == pytest.approx(100 * expected, rel=1e-3)


def test_a_transform_that_a_loss_does_not_go_with_is_refused(table):
    with pytest.raises(NbregError, match="loss=msle is an error of the target itself"):
        nbreg.fit(table, "y", loss="msle", target_transform="none")
    with pytest.raises(NbregError, match="takes non-negative values"):
        nbreg.fit(table.assign(y=table["y"] - 5), "y", loss="msle")
