"""Permutation importance against scikit-learn's, and by hand where there are but two rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.explanation.methods.permutation_importance import _others

METHOD = "permutation_importance"


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(200, 3)) * [1, 5, 2], columns=["a", "b", "noise"])
    frame["kind"] = rng.choice(list("pqrs"), 200)
    frame["y"] = 100 * frame.a + 5 * frame.b * (frame.kind == "p") + 30 * (frame.kind == "q")
    frame["z"] = frame.b
    return frame


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table.drop(columns="z"), target="y", hidden=(12,), epochs=25)


def test_equals_scikit_learns_within_what_shuffles_leave_open(regressor, table):
    features = ["a", "b", "noise", "kind"]
    found = nbreg.explain(regressor, table, METHOD, rounds=100)
    expected = permutation_importance(
        regressor, table[features], table["y"], scoring="neg_mean_absolute_error", n_repeats=100, random_state=0
    )
    # There a row takes from itself in one of n cases, and nothing changes.
    means = expected.importances_mean * len(table) / (len(table) - 1)
    error = np.sqrt(2) * expected.importances_std / np.sqrt(100)
    assert (np.abs(found.importance()[features] - means) < 4 * error + 1e-6).all()
    assert found.importance()["a"] > 50
    assert found.kind == "sensitivity"
    assert found.base_values is None
    assert found.completeness_gap is None


def test_a_function_is_told_which_column_it_predicts(table):
    features = ["a", "b", "noise"]
    linear = LinearRegression().fit(table[features], table["y"])
    found = nbreg.explain(linear.predict, table[[*features, "y"]], METHOD, target="y", rounds=100)
    assert found.feature_names == tuple(features)
    assert found.target_names == ("y",)
    expected = permutation_importance(
        linear, table[features], table["y"], scoring="neg_mean_absolute_error", n_repeats=100, random_state=0
    )
    means = expected.importances_mean * len(table) / (len(table) - 1)
    error = np.sqrt(2) * expected.importances_std / np.sqrt(100)
    assert (np.abs(found.importance()[features] - means) < 4 * error + 1e-6).all()
    with pytest.raises(DataError, match='no column "yy" for the target'):
        nbreg.explain(linear.predict, table[[*features, "y"]], METHOD, target="yy")
    with pytest.raises(OptionError, match="The predictor has 2 targets"):
        nbreg.explain(lambda frame: frame[["a", "b"]], table[[*features, "y"]], METHOD, target="y")


def two_rows(table):
    return pd.concat([table[table.kind == "p"].head(1), table[table.kind == "q"].head(1)]).reset_index(drop=True)


def test_two_rows_take_from_each_other(regressor, table):
    rows = two_rows(table)
    found = nbreg.explain(regressor, rows, METHOD)
    error = np.abs(rows.y - regressor.predict(rows))
    for name in found.feature_names:
        swapped = rows.assign(**{name: rows[name].to_numpy()[::-1]})  # a category as a whole
        expected = np.abs(rows.y - regressor.predict(swapped)) - error
        at = found.feature_names.index(name)
        np.testing.assert_allclose(found.values[:, at], expected, atol=1e-3)
        np.testing.assert_allclose(found.importance()[name], expected.mean(), atol=1e-3)
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-3)  # there is but one way to shuffle


def test_groups_are_shuffled_together(regressor, table):
    rows = two_rows(table)
    found = nbreg.explain(regressor, rows, METHOD, group=["a,kind"])
    swapped = rows.assign(a=rows.a.to_numpy()[::-1], kind=rows.kind.to_numpy()[::-1])
    expected = np.abs(rows.y - regressor.predict(swapped)) - np.abs(rows.y - regressor.predict(rows))
    np.testing.assert_allclose(found.values[:, found.feature_names.index("a + kind")], expected, atol=1e-3)


def test_an_importance_below_zero_stays_so(regressor, table):
    # Targets that go against the network: shuffling what it uses makes predictions better.
    opposite = table.assign(y=2 * table.y.mean() - regressor.predict(table))
    found = nbreg.explain(regressor, opposite, METHOD, rounds=20)
    assert found.importance()["a"] < 0
    assert found.importance().index[-1] == "a"
    assert (found.importance_errors() > 0).all()


def test_standard_errors_say_how_far_other_shuffles_lead(regressor, table):
    few = nbreg.explain(regressor, table, METHOD, rounds=10, seed=1)
    many = nbreg.explain(regressor, table, METHOD, rounds=400, seed=2)
    used = few.feature_names.index("a")
    away = (few.values - many.values)[:, used] / few.standard_errors[:, used]
    assert 0.7 < np.median(np.abs(away)) / 0.70 < 1.3  # 0.70: of Student's t with 9 degrees of freedom
    again = nbreg.explain(regressor, table, METHOD, rounds=10, seed=1)
    np.testing.assert_array_equal(again.values, few.values)


def test_several_targets_are_measured_each_in_its_units(table):
    regressor = nbreg.fit(table, target=("y", "z"), hidden=(6,), epochs=3)
    rows = two_rows(table)
    found = nbreg.explain(regressor, rows, METHOD)
    assert found.values.shape == (2, 4, 2)
    swapped = rows.assign(b=rows.b.to_numpy()[::-1])
    observed = rows[["y", "z"]].to_numpy()
    expected = np.abs(observed - regressor.predict(swapped)) - np.abs(observed - regressor.predict(rows))
    np.testing.assert_allclose(found.values[:, found.feature_names.index("b")], expected, atol=1e-3)
    only = nbreg.explain(regressor, rows, METHOD, target="z")
    np.testing.assert_allclose(only.values, found.of_target("z").values, atol=1e-4)


def test_rows_without_a_target_are_left_out(regressor, table):
    gappy = table.assign(y=table.y.where(table.index % 4 != 0))
    found = nbreg.explain(regressor, gappy, METHOD)
    assert len(found) == 150
    assert (found.rows % 4 != 0).all()
    assert "Left out 50 rows without a target." in found.notices
    np.testing.assert_allclose(found.predictions, regressor.predict(gappy.iloc[found.rows]), rtol=1e-5)
    np.testing.assert_array_equal(found.data["a"], gappy.iloc[found.rows]["a"])


def test_it_says_what_it_lacks(regressor, table):
    with pytest.raises(DataError, match=f"{METHOD} needs the true targets: give a table that holds y"):
        nbreg.explain(regressor, table.drop(columns="y"), METHOD)
    with pytest.raises(DataError, match="no row has a value in every target"):
        nbreg.explain(regressor, table.assign(y=np.nan), METHOD)
    with pytest.raises(DataError, match="give 2 rows or more"):
        nbreg.explain(regressor, table.head(1), METHOD)
    with pytest.raises(OptionError, match="explain a Regressor"):
        nbreg.explain(lambda frame: frame["a"], table, METHOD)


def test_stopped_early_it_keeps_the_rows_done(regressor, table, monkeypatch):
    whole = nbreg.explain(regressor, table, METHOD, rounds=3)
    monkeypatch.setattr("nbreg.explanation.methods.permutation_importance.ROWS_A_STEP", 20 * 3 * 4)
    part = nbreg.explain(regressor, table, METHOD, rounds=3, budget=1e-9)
    assert len(part) == 20
    np.testing.assert_allclose(part.values, whole.values[:20], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(part.standard_errors, whole.standard_errors[:20], rtol=1e-4, atol=1e-3)


def test_every_other_row_is_as_likely_to_give():
    rng = np.random.default_rng(0)
    drawn = np.stack([_others(4, rng) for _ in range(6000)])
    assert (np.sort(drawn, axis=1) == np.arange(4)).all()  # each row gives once
    counts = np.stack([(drawn == donor).sum(axis=0) for donor in range(4)])
    assert (np.diag(counts) == 0).all()
    others = counts[~np.eye(4, dtype=bool)]
    assert (np.abs(others - 2000) < 5 * np.sqrt(2000)).all()
