"""Studies: the same folds and seeds for every value, factors and their values, failures, stops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_squared_error

import nbreg
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, OptionError
from nbreg.search.conducting import CONDUCTING
from nbreg.search.factor import FACTORS, factor_named
from nbreg.search.fold_table import FoldTable
from nbreg.search.study_spec import StudySpec
from nbreg.session import as_table
from nbreg.training import trainers

QUICK = {"epochs": 3, "hidden": (4,), "repeats": 2}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 120
    frame = pd.DataFrame({name: rng.normal(size=n) for name in ("a", "b", "c")})
    frame["price"] = 50 + 10 * frame.a + frame.b + rng.normal(size=n) * 0.1
    frame["size"] = frame.b - frame.c - 2
    return frame


def folded(frame: pd.DataFrame, **choices: str) -> FoldTable:
    """Return a table as studies of its price fold it."""
    return FoldTable.of(as_table(frame), DataSpec(target="price", **choices), StudySpec())


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count what is compiled: its length is how often."""
    calls: list[int] = []
    made = trainers._twin_trainer
    monkeypatch.setattr(trainers, "_twin_trainer", lambda *given: (calls.append(1), made(*given))[1])
    trainers.clear_trainers()
    return calls


def test_each_value_is_judged_on_the_same_rows_from_the_same_seeds(table: pd.DataFrame):
    found = nbreg.study("learning_rate", table, "price", values=[0.001, 0.1], features=["a", "b"], seed=7, **QUICK)
    frame = found.to_frame()
    assert list(frame["learning_rate"]) == [0.001, 0.001, 0.1, 0.1]
    for fold, at in enumerate(found.table.folds):
        assert at.seed == 7 + fold
        for point, rate in enumerate((0.001, 0.1)):
            other = nbreg.Regressor(epochs=3, hidden=(4,), learning_rate=rate, seed=at.seed)
            train, test = table.iloc[at.train], table.iloc[at.test]
            other.fit(train[["a", "b"]], train["price"])
            expected = mean_squared_error(test["price"], other.predict(test[["a", "b"]]))
            np.testing.assert_allclose(found.results(point, "mse")[fold], expected, rtol=1e-9)


def test_a_mean_comes_with_the_corrected_error(table: pd.DataFrame):
    found = nbreg.study("learning_rate", table, "price", values=[0.001, 0.1], **{**QUICK, "repeats": 3})
    row = found.summary().iloc[0]
    errors = found.to_frame().query("learning_rate == 0.001")["mse"]
    np.testing.assert_allclose(row["mse"], errors.mean(), rtol=1e-12)
    np.testing.assert_allclose(row["mse_error"], np.sqrt((1 / 3 + 24 / 96) * errors.var(ddof=1)), rtol=1e-12)
    np.testing.assert_allclose(row["mse_high"] - row["mse"], 4.302653 * row["mse_error"], rtol=1e-6)  # t, 2 df
    assert list(found.differences()[["first", "second", "n"]].iloc[0]) == [0.001, 0.1, 3]


def test_learning_rates_and_seeds_compile_nothing_anew(table: pd.DataFrame, compiled: list[int]):
    nbreg.study("learning_rate", table, "price", values=[0.001, 0.01, 0.1], **QUICK)
    assert len(compiled) == 1


def test_each_width_compiles_once_however_many_there_are(
    table: pd.DataFrame, compiled: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trainers, "CAPACITY", 1)
    nbreg.study("hidden_units", table, "price", values="2,3,4", **QUICK)
    assert len(compiled) == 3
    assert len(trainers._idle) == 1


def test_all_values_go_through_one_fold_before_the_next_and_a_stop_keeps_them(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
):
    def stop_after_three(course, work, *, title, shown):
        course.subscribe(lambda course: course.request_stop() if course.n_done == 3 else None)
        work()

    monkeypatch.setattr(CONDUCTING, "conductor", stop_after_three)
    found = nbreg.study("hidden_units", table, "price", values=[2, 3], **QUICK)
    assert set(found.outcomes) == {(0, 0), (1, 0), (0, 1)}
    assert found.course.status == "stopped"
    assert "Stopped: 3 of 4 trainings are finished." in repr(found)
    assert list(found.summary()["n"]) == [2, 1]
    assert found.best is None


def test_a_value_is_best_if_it_really_is(table: pd.DataFrame):
    found = nbreg.study("learning_rate", table, "price", values=[0.0001, 0.05], epochs=60, hidden=(4,), repeats=4)
    assert found.best == 0.05
    assert "0.05 is better than 0.0001 (MSE" in repr(found)
    assert list(found.summary()["best"]) == [False, True]
    same = nbreg.study("patience", table, "price", values=[40, 50], **QUICK)
    assert same.best is None
    assert "No real difference between 40 and 50" in repr(same)


def test_training_that_fails_is_recorded_and_never_best(table: pd.DataFrame):
    found = nbreg.study("target_transform", table, "size", values="log,none", **QUICK)
    assert set(found.failures) == {(0, 0), (0, 1)}
    assert found.best is None
    frame = found.to_frame()
    assert frame["rmse"].isna().tolist() == [True, True, False, False]
    assert "log failed on fold 1: " in repr(found)
    with pytest.raises(DataError, match="All trainings failed: "):
        nbreg.study("target_transform", table, "size", values="log,log1p", **QUICK)


def test_two_factors_make_a_grid(table: pd.DataFrame, compiled: list[int]):
    values = {"hidden_units": [2, 3], "learning_rate": [0.001, 0.01]}
    found = nbreg.study(["hidden_units", "learning_rate"], table, "price", values=values, **QUICK)
    assert found.points == ((2, 0.001), (2, 0.01), (3, 0.001), (3, 0.01))
    assert len(compiled) == 2
    written = nbreg.study("hidden_units,learning_rate", table, "price",
                          values=["hidden_units=2,3", "learning_rate=.001,.01"], **QUICK)  # fmt: skip
    pd.testing.assert_series_equal(found.to_frame()["mse"], written.to_frame()["mse"])


def test_fewer_rows_are_among_more_rows_and_the_rows_held_out_stay(table: pd.DataFrame):
    found = nbreg.study("data_size", table, "price", values=[30, 0.5, 96], **QUICK)
    assert found.values == ((30, 48, 96),)
    assert found.to_frame()["n_train"].tolist() == [30, 30, 48, 48, 96, 96]
    for fold in range(2):
        few, half, most = (set(found.table.train_rows(fold, n).tolist()) for n in (30, 48, 96))
        assert few < half < most == set(found.table.folds[fold].train.tolist())
    with pytest.raises(OptionError, match=r"There are 96 rows to learn from, fewer than 97"):
        nbreg.study("data_size", table, "price", values=[50, 97], **QUICK)


def test_fewer_rows_are_the_latest_or_whole_groups(table: pd.DataFrame):
    frame = table.assign(
        day=np.random.default_rng(0).permutation(120), city=np.repeat([f"c{i}" for i in range(12)], 10)
    )
    by_time = folded(frame, split="time", time="day")
    rows = by_time.train_rows(0, 40)
    assert set(frame["day"].iloc[rows]) == set(range(56, 96))
    by_group = folded(frame, split="group", group="city")
    rows = by_group.train_rows(0, 50)
    assert frame["city"].iloc[rows].value_counts().tolist() == [10] * 5


def test_features_by_importance_are_found_in_each_fold_without_the_rows_held_out(table: pd.DataFrame):
    options = {"epochs": 60, "hidden": (4,), "repeats": 1}
    found = nbreg.study("features", table[["b", "a", "c", "price"]], "price", **options)
    assert [value.name for value in found.values[0]] == ["top 1", "top 2", "all"]
    means = found.summary().set_index("features")["mape"]
    alone = nbreg.study("features", table, "price", values=[["a"], ["b"]], **options)
    np.testing.assert_allclose(means["top 1"], alone.summary()["mape"].iloc[0], rtol=1e-9)
    assert "First came a (in 1 of 1)." in repr(found)
    held_out = found.table.folds[0].test
    changed = table[["b", "a", "c", "price"]].copy()
    changed.loc[held_out, "price"] = changed.loc[held_out, "c"] * 1000
    other = nbreg.study("features", changed, "price", **options)
    assert other.factors[0].on_fold(other.values[0][0], 0).columns == ("a",)


def test_named_and_nested_sets_of_features(table: pd.DataFrame):
    found = nbreg.study("features", table, "price", values="b|b,c|mix=a,b|all", **QUICK)
    assert found.summary()["features"].tolist() == ["b", "b, c", "mix", "all"]
    assert [value.columns for value in found.values[0]] == [("b",), ("b", "c"), ("a", "b"), ()]
    by_dictionary = nbreg.study("features", table, "price", values={"mix": ["a", "b"], "rest": ["c"]}, **QUICK)
    assert [value.columns for value in by_dictionary.values[0]] == [("a", "b"), ("c",)]
    with pytest.raises(DataError, match='There is no feature "prices"'):
        nbreg.study("features", table, "price", values="a|prices", **QUICK)


def test_epochs_are_those_of_sgd_and_none_is_left_out(table: pd.DataFrame):
    found = nbreg.study("epochs", table, "price", values=[2, 5], hidden=(4,), repeats=1)
    assert found.to_frame()["epochs"].tolist() == [2, 5]
    other = nbreg.Regressor(epochs=5, hidden=(4,), optimizer="sgd", schedule="constant", patience=0)
    fold = found.table.folds[0]
    other.fit(table.drop(columns="price").iloc[fold.train], table["price"].iloc[fold.train])
    np.testing.assert_allclose(found.results(1, "last_loss")[0], other.history_["loss"].iloc[-1], rtol=1e-9)
    with pytest.raises(OptionError, match="epochs is what is studied"):
        nbreg.study("epochs", table, "price", epochs=5)


def test_a_network_of_the_given_options_that_each_knows(table: pd.DataFrame):
    found = nbreg.study("network", table, "price", values="perceptron,mlp,cnn,rnn", **QUICK)
    assert not found.failures
    expected = nbreg.Regressor(epochs=3, network="perceptron")
    fold = found.table.folds[0]
    train, test = table.iloc[fold.train], table.iloc[fold.test]
    expected.fit(train.drop(columns="price"), train["price"])
    error = mean_squared_error(test["price"], expected.predict(test.drop(columns="price")))
    np.testing.assert_allclose(found.results(0, "mse")[0], error, rtol=1e-9)


def test_regularization_turns_on_one_at_a_time():
    factor = factor_named("regularization")
    given = {"l2": 0.5, "epochs": 3}
    assert factor.applied("none", given) == {"epochs": 3}
    assert factor.applied("elastic_net", given) == {"epochs": 3, "l1": 0.001, "l2": 0.5}
    assert factor.applied("dropout", given) == {"epochs": 3, "dropout": 0.2}


@pytest.mark.parametrize("name", list(FACTORS))
def test_factors_have_values_of_their_own_that_they_read_again(table: pd.DataFrame, name: str):
    factor = FACTORS[name]
    rows = folded(table)
    values = [factor.settled(each, rows) for each in factor.defaults(rows, {})]
    assert len(set(values)) == len(values) > 1
    assert len({factor.label(each) for each in values}) == len(values)
    assert [factor.option.check(each) for each in values] == values
    assert set(factor.metrics) <= {
        "last_loss",
        "mse",
        "rmse",
        "mae",
        "r2",
        "explained_variance",
        "msle",
        "rmsle",
        "mape",
    }


def test_any_other_option_is_a_factor(table: pd.DataFrame):
    found = nbreg.study("batch_norm", table, "price", **QUICK)
    assert found.points == ((False,), (True,))
    assert repr(found).splitlines()[2:5][1].startswith("off")
    widths = nbreg.study("hidden", table, "price", values="3|3,2", epochs=1, repeats=1)
    assert widths.points == (((3,),), ((3, 2),))
    with pytest.raises(OptionError, match=r"A study of dropout needs values \(--values\): a number of at least 0"):
        nbreg.study("dropout", table, "price", **QUICK)


@pytest.mark.parametrize(
    ("factor", "values", "message"),
    [
        ("learning_rate", "0.1,fast,0.3", r"--values 0\.1,fast,0\.3: the second value, at character 5, is none\. "
                                          r"learning_rate takes a number above 0, or auto; got fast\."),
        ("hidden_units", "16,,64", "the second value, at character 4, is none. .* nothing stands there"),
        ("activation", "relu, rellu", 'at character 7, is none.* Did you mean "relu"'),
        ("hidden", "64,32|x", "the second value, at character 7"),
        ("data_size", "0.5,2", "the second value, at character 5"),
        ("learning_rate", [0.1, -1], "learning_rate .* takes a number above 0"),
        ("learning_rate", "0.1", "learning_rate has but one"),
        ("hidden_units,learning_rate", "16,64", r"values \(--values\) have a name each, as in hidden_units=\.\.\."),
    ],
)  # fmt: skip
def test_values_that_are_none_are_told_with_their_place(table: pd.DataFrame, factor: str, values: object, message: str):
    with pytest.raises(OptionError, match=message):
        nbreg.study(factor, table, "price", values=values)


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        ("learning_rates", 'There is no factor "learning_rates". Did you mean "learning_rate"'),
        ("seed", "seed is the same for all values"),
        ("epochs,epochs", "A study takes one factor, or two different ones"),
        ("epochs,hidden,loss", "A study takes one factor, or two different ones"),
    ],
)
def test_what_is_no_factor(table: pd.DataFrame, factor: str, message: str):
    with pytest.raises(OptionError, match=message):
        nbreg.study(factor, table, "price")


def test_logarithmic_errors_that_are_not_defined_give_way_to_rmse(table: pd.DataFrame):
    found = nbreg.study("network", table, "size", values="perceptron,mlp", **{**QUICK, "hidden": ()})
    assert found.judge("size") == "rmse"
    assert found.metrics == ("msle", "rmse")
