"""Studies on windows: folds that walk forward and know nothing of later rows, the same for every value."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mean_squared_error, mean_squared_log_error

import nbreg
from nbreg.data.windows.parting import Borders
from nbreg.data.windows.windowing import prepare_windows
from nbreg.errors import NbregError
from nbreg.forecasting.forecaster import Forecaster
from nbreg.search.crew import IDLE
from nbreg.search.fold_table import FoldTable
from nbreg.search.study import drafted
from nbreg.search.window_table import WindowTable
from nbreg.training import trainers

SMALL = {"time": "time", "window": 4, "horizon": 2, "folds": 2}
QUICK = {**SMALL, "epochs": 2}
LINEAR = {**QUICK, "network": "perceptron", "skip": "none"}


def series(values: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    times = pd.date_range("2024-03-01", periods=len(values), freq="h")
    return pd.DataFrame({"time": times, "y": values, **columns})


def autoregressive(n: int, noise: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    y = np.zeros(n)
    for t in range(2, n):
        y[t] = 1.2 * y[t - 1] - 0.5 * y[t - 2] + noise * rng.standard_normal()
    return y


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return series(10 + autoregressive(200, 0.5))


def table_in_folds(frame: pd.DataFrame, factor: str = "learning_rate", **options: object) -> WindowTable:
    found = drafted(factor, frame, "y", **{**SMALL, **options})[0].table
    assert isinstance(found, WindowTable)
    return found


# What is found


def test_an_lstm_does_not_better_what_is_linear_and_the_perceptron_comes_to_the_noise():
    noise = 0.5
    found = nbreg.study(
        "network", series(autoregressive(600, noise)), "y", values=["perceptron", "lstm"], time="time", window=4,
        horizon=1, epochs=40, units=4, learning_rate=0.02, folds=3, test_fraction=0.4, engine="graph",
    )  # fmt: skip
    assert not found.failures
    linear = found.interval(0, "rmse").mean
    assert_allclose(linear, noise, rtol=0.15)  # one step ahead of an AR(2), what is left is the noise
    assert found.best != "lstm"
    assert found.judge() == "rmse"  # values below zero have no logarithm
    assert "Networks are trained by themselves" in repr(found)


def test_an_mlp_betters_the_perceptron_where_the_next_value_is_a_parabola_of_the_last():
    y = np.empty(300)
    y[0] = 0.3
    for t in range(1, len(y)):
        y[t] = 3.9 * y[t - 1] * (1 - y[t - 1])  # the logistic map; of no use to a straight line
    found = nbreg.study(
        "network", series(y), "y", values=["perceptron", "mlp"], time="time", window=1, horizon=1, calendar=False,
        hidden=(16,), epochs=60, learning_rate=0.02,
    )  # fmt: skip
    assert found.best == "mlp"
    assert found.judge() == "msle"
    assert found.interval(1, "msle").mean < 0.2 * found.interval(0, "msle").mean


def test_each_fold_is_what_a_forecaster_comes_to_on_its_rows(table: pd.DataFrame):
    found = nbreg.study("network", table, "y", values=["perceptron", "mlp"], seed=5, **QUICK)
    assert not found.failures
    for fold, at in enumerate(found.table.folds):
        assert at.seed == 5 + fold
        rows = table.iloc[np.concatenate([at.train, at.test])]
        train, times = table.time.iloc[at.train], rows.time
        validation = train.iloc[round(len(train) * 0.8) - 1]  # 0.16 of the rows, where 0.2 are for the test
        limits = [each.value // 1000 for each in (validation, times[at.test[0]])]  # microseconds
        other = Forecaster(
            target="y", time="time", window=4, horizon=2, epochs=2, network="perceptron", skip="none", seed=at.seed
        )
        data = prepare_windows(rows, *other.window_choices(), Borders(*limits))
        other.take_windows(data)
        other.train()
        predicted, observed = other.predict_windows("test").ravel(), data.observed("test").ravel()
        assert len(observed) == 2 * (len(at.test) - 1)
        row = found.to_frame().query(f"network == 'perceptron' and fold == {fold + 1}").iloc[0]
        assert_allclose(row.mse, mean_squared_error(observed, predicted), rtol=1e-6)
        assert_allclose(row.msle, mean_squared_log_error(observed, predicted), rtol=1e-6)
        assert (row.n_train, row.n_test) == (data.n_rows("train") + data.n_rows("validation"), data.n_rows("test"))


# Folds


def test_stretches_of_the_latest_rows_follow_one_another_each_after_as_many_rows(table: pd.DataFrame):
    folds = table_in_folds(table, folds=4).folds
    assert_array_equal(np.concatenate([fold.test for fold in folds]), np.arange(160, 200))
    for fold in folds:
        assert_array_equal(fold.train, np.arange(fold.test[0] - 160, fold.test[0]))


def test_unless_told_otherwise_five_stretches_are_forecast_once(table: pd.DataFrame):
    found, _ = drafted("network", table, "y", time="time", window=4, horizon=2)
    assert found.values == (("perceptron", "mlp", "cnn", "rnn", "lstm"),)
    assert len(found.table.folds) == len({fold.seed for fold in found.table.folds}) == 5
    assert {fold.repeat for fold in found.table.folds} == {0}


def test_repeats_differ_in_seeds_alone(table: pd.DataFrame):
    folds = table_in_folds(table, repeats=3).folds
    assert [(fold.repeat, fold.number) for fold in folds] == [(r, k) for r in range(3) for k in range(2)]
    assert len({fold.seed for fold in folds}) == 6
    for fold in folds:
        assert_array_equal(fold.test, folds[fold.number].test)


def test_a_time_alone_is_for_the_split_of_rows(table: pd.DataFrame):
    found, _ = drafted("learning_rate", table, "y", time="time", split="time", features=["time"])
    assert type(found.table) is FoldTable
    assert_array_equal(found.table.folds[0].test, np.arange(160, 200))


def test_nothing_later_than_a_stretch_is_known_to_its_forecast(table: pd.DataFrame):
    options = {"target": "y", **{name: value for name, value in LINEAR.items() if name != "folds"}}
    folded = table_in_folds(table)
    first = folded.outcome(options, 0)
    end = folded.folds[0].test[-1] + 1
    later = table.copy()
    later.loc[end:, "y"] = np.random.default_rng(0).permutation(later.y[end:]) * 50
    again = table_in_folds(later).outcome(options, 0)
    assert first is not None
    assert again is not None
    assert not first.error
    assert first.value("rmse") == again.value("rmse")
    assert first.curve == again.curve
    # What is forecast is not learned from, and the validation rows have no say in how inputs and targets are scaled.
    for share, is_same in ((0.79, False), (0.801, True)):
        changed = table.copy()
        changed.loc[round(160 * share) : end, "y"] += 1000.0
        other = table_in_folds(changed).outcome(options, 0)
        assert other is not None
        assert (other.last_loss == first.last_loss) is is_same


def test_windows_stay_within_groups(table: pd.DataFrame):
    two = pd.concat([table.assign(place="a"), table.assign(place="b", y=table.y * 3)], ignore_index=True)
    found = nbreg.study("learning_rate", two, "y", values=[0.01, 0.1], group="place", **LINEAR)
    # 160 steps of each before a stretch: 127 train (126 - 4 - 2 + 1 windows and so on), 20 in it
    n_train, n_validation = 160 - 33, 33
    windows = 2 * ((n_train - 4 - 2 + 1) + (n_validation - 2 + 1))
    assert set(found.to_frame().n_train) == {windows}
    assert set(found.to_frame().n_test) == {2 * (20 - 2 + 1)}


# The same for all values


@pytest.fixture(scope="module")
def gappy(table: pd.DataFrame) -> pd.DataFrame:
    """Gaps before the first stretch, and within the second."""
    return table.drop(index=[*range(100, 103), 190])


def test_every_window_is_judged_by_the_windows_that_all_can_forecast(gappy: pd.DataFrame):
    choices = {name: value for name, value in LINEAR.items() if name != "window"}
    found = nbreg.study("window", gappy, "y", values=[1, 3], most_gaps=0.0, **choices)
    assert not found.failures
    counts = found.to_frame().pivot(index="fold", columns="window", values="n_test")
    assert_array_equal(counts[1], counts[3])
    # 179 to 199 are forecast two by two: 20 origins from 178 on. Of these, windows of 3 see 190 from 190, 191 and 192.
    assert counts[1][2] == 20 - 3


def test_one_compilation_serves_all_folds_gaps_or_not(gappy: pd.DataFrame, monkeypatch: pytest.MonkeyPatch):
    compiled: list[int] = []
    made = trainers._twin_trainer
    monkeypatch.setattr(trainers, "_twin_trainer", lambda *given: (compiled.append(1), made(*given))[1])
    trainers.clear_trainers()
    found = nbreg.study("learning_rate", gappy, "y", values=[0.01, 0.1], **{**LINEAR, "folds": 4})
    assert len(compiled) == 1
    assert found.to_frame().n_train.nunique() == 1


def test_fewer_rows_are_the_latest(table: pd.DataFrame):
    found = nbreg.study("data_size", table, "y", values=[40, 80], **LINEAR)
    assert not found.failures
    assert_array_equal(found.table.train_rows(1, 40), np.arange(140, 180))
    counts = found.to_frame().groupby("data_size")[["n_train", "n_test"]].agg(["min", "max"])
    # Of n rows a fifth, and the one before, watch; a window takes 4 + 2 steps of the train rows, 2 of those that watch.
    assert counts.n_train.to_numpy().tolist() == [[26 + 8, 26 + 8], [58 + 16, 58 + 16]]
    assert set(counts.n_test.to_numpy().ravel()) == {19}


def test_by_themselves_sizes_are_such_that_windows_fit(table: pd.DataFrame):
    found, _ = drafted("data_size", table, "y", time="time", window=4, horizon=2)
    assert found.values == ((20, 40, 80, 160),)  # not 10
    found, _ = drafted("data_size", table, "y", time="time", window=40, horizon=2)
    assert found.values == ((80, 160),)  # 40 rows have no window of 40 and what comes next


def test_sets_of_columns_are_compared_by_their_names(table: pd.DataFrame):
    wide = table.assign(a=np.arange(200.0) % 7, b=np.arange(200.0) % 5)
    found = nbreg.study("features", wide, "y", values="a|a,b|all", **{**LINEAR, "folds": 1})
    assert not found.failures
    assert [found.label(i) for i in range(3)] == ["a", "a, b", "all"]
    assert_array_equal(found.results(1, "mse"), found.results(2, "mse"))


def test_what_does_not_fit_fails_by_itself(table: pd.DataFrame):
    choices = {name: value for name, value in LINEAR.items() if name != "window"}
    found = nbreg.study("window", table, "y", values=[3, 190], **choices)
    assert {point for point, _ in found.failures} == {1}
    assert "the longest has" in next(iter(found.failures.values()))
    assert found.n_finished(0) == 2


# Who does it


def test_two_processes_come_to_the_same_bits(table: pd.DataFrame):
    asked = {"values": ["perceptron", "mlp"], **QUICK}
    alone, both = (nbreg.study("network", table, "y", jobs=jobs, **asked).to_frame() for jobs in (1, 2))
    IDLE.close()
    pd.testing.assert_frame_equal(both.drop(columns="seconds"), alone.drop(columns="seconds"), check_exact=True)


def test_what_is_sent_is_the_table_and_the_choices(table: pd.DataFrame):
    folded = table_in_folds(table)
    sent = pickle.loads(pickle.dumps(folded))
    assert vars(sent).keys() == {each.name for each in fields(folded)}
    assert_array_equal(sent.folds[1].train, folded.folds[1].train)


# Mistakes


@pytest.mark.parametrize(
    ("factor", "options", "words"),
    [
        ("horizon", {}, "Errors of nearer and of farther steps do not compare"),
        ("features", {}, "Columns of windows are not ranked"),
        ("features", {"values": "top1|all"}, "Columns of windows are not ranked"),
        ("features", {"values": "z|all"}, 'There is no feature "z"'),
        ("pretreatment", {}, r"pretreatment \(--pretreatment\) is not for windows"),
        ("network", {"split": "random"}, r"Windows are parted by time: leave split \(--split\) out"),
        ("network", {"shares": True}, r"shares \(--shares\) is not for windows"),
        ("network", {"time": None}, "No column of times is given"),
        ("network", {"window": 300}, "A window of 300 and a horizon of 2 steps need series of 302 steps"),
        ("network", {"horizon": 25}, "40 steps to forecast are too few for 2 folds of 25 steps"),
        ("network", {"test_fraction": 0.0}, r"test_fraction is 0"),
        ("window", {}, r"give its values \(--values\) in place of --window"),
    ],
)
def test_a_mistake_is_told_in_one_line_before_anything_is_trained(
    table: pd.DataFrame, factor: str, options: dict[str, object], words: str
):
    with pytest.raises(NbregError, match=words) as told:
        drafted(factor, table, "y", **{**SMALL, **options})
    assert "\n" not in str(told.value)


def test_a_horizon_alone_asks_for_windows_too(table: pd.DataFrame):
    choices = {name: value for name, value in SMALL.items() if name != "window"}
    folded = drafted("learning_rate", table, "y", **choices)[0].table
    assert replace(folded, compared=()).windows.window == 48


def test_cross_validations_and_searches_say_where_windows_are_judged(table: pd.DataFrame):
    with pytest.raises(NbregError, match=r"A cross-validation is of rows.*nbreg\.backtest"):
        nbreg.cross_validate(table, "y", time="time", window=4)
    with pytest.raises(NbregError, match=r"A search is of fits on rows.*nbreg\.study"):
        nbreg.tune(table, "y", time="time", horizon=4)
