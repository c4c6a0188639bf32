"""From a table and choices to arrays: what is kept, what is left out, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.preprocessing import StandardScaler

from nbreg.data.dataset import prepare
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, NbregError, OptionError

SETS = ("train", "validation", "test")


def sales(n=100):
    rng = np.random.default_rng(0)
    return pd.DataFrame({
        "carat": rng.gamma(2, size=n),
        "cut": rng.choice(["good", "better", "best"], n),
        "seller": [f"s{i % 12}" for i in range(n)],
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(n), "D"),
        "price": rng.lognormal(5, 1, n),
        "weight": rng.normal(3, 1, n),
    })  # fmt: skip


def test_arrays_of_the_three_sets():
    data = prepare(sales(), DataSpec(target="price", target_transform="none"))
    assert [data.n_rows(which) for which in SETS] == [64, 16, 20]
    for which in SETS:
        X, y = data.arrays(which)
        assert X.dtype == y.dtype == np.float32
        assert X.shape == (data.n_rows(which), data.encoder.n_inputs)
        np.testing.assert_array_equal(data.observed(which)[:, 0], sales()["price"].to_numpy()[data.rows[which]])
        assert data.frame_of(which)["price"].to_list() == data.observed(which)[:, 0].tolist()
    prices = sales()[["price"]].to_numpy()
    oracle = StandardScaler().fit(prices[data.rows.train])
    np.testing.assert_allclose(data.arrays("test")[1], oracle.transform(prices[data.rows.test]), rtol=1e-5, atol=1e-6)
    assert data.arrays("train") is data.arrays("train")
    assert data.feature_names == ("carat", "cut", "seller", "day", "weight")


def test_the_scaler_brings_targets_back():
    data = prepare(sales(), DataSpec(target=("price", "weight")))
    assert data.target_names == ("price", "weight")
    for which in SETS:
        back = data.target_scaler.inverse_transform(data.arrays(which)[1])
        np.testing.assert_allclose(back, np.clip(data.observed(which), back.min(0), back.max(0)), rtol=1e-5)


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
def test_the_make_of_the_table_does_not_matter(make):
    spec = DataSpec(target="price", split="group", group="seller")
    data, other = prepare(sales(), spec), prepare(make(sales()), spec)
    for which in SETS:
        for mine, theirs in zip(data.arrays(which), other.arrays(which), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_the_index_does_not_matter():
    spec = DataSpec(target="price")
    data, other = prepare(sales(), spec), prepare(sales().set_index(np.arange(100)[::-1] // 7), spec)
    np.testing.assert_array_equal(data.arrays("train")[0], other.arrays("train")[0])


def test_the_table_is_not_changed():
    table = sales()
    table.loc[3, ["carat", "price"]] = np.nan
    before = table.copy(deep=True)
    prepare(table, DataSpec(target="price"))
    pd.testing.assert_frame_equal(table, before)


def test_rows_without_a_target_are_left_out_and_counted():
    table = sales(1200)
    table.loc[:9, "price"] = np.nan
    table.loc[5:19, "weight"] = np.nan
    data = prepare(table, DataSpec(target=("price", "weight")))
    assert data.notices[0] == "Left out 20 of 1,200 rows: the target is missing."
    assert min(data.rows[which].min() for which in SETS) == 20
    assert sum(data.n_rows(which) for which in SETS) == 1180


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None],
        [1, 2, 4],
        pd.array([1, 2, None], "Int64"),
        pd.array([1.5, 2, None], "Float32"),
        pd.array([True, False, None], "boolean"),
        [Decimal("1.5"), Decimal("2"), None],
        pd.array([1, 2, None], "int64[pyarrow]"),
    ],
)
def test_any_kind_of_number_is_a_target(values):
    table = pd.DataFrame({"x": np.arange(30.0), "y": pd.Series(values).repeat(10).reset_index(drop=True)})
    data = prepare(table, DataSpec(target="y"))
    known = [float(v) for v in table["y"] if not pd.isna(v)]
    assert data.targets.dtype == np.float64
    np.testing.assert_array_equal(data.targets[~np.isnan(data.targets)], known)
    assert sum(data.n_rows(which) for which in SETS) == len(known)


def test_only_the_features_given_are_used():
    data = prepare(sales(), DataSpec(target="price", features=("weight", "carat")))
    assert data.feature_names == ("weight", "carat")


def test_time_splits_forward_and_stays_a_feature():
    data = prepare(sales(), DataSpec(target="price", split="time", time="day"))
    day = sales()["day"]
    assert day[data.rows.train].max() < day[data.rows.validation].min()
    assert day[data.rows.validation].max() < day[data.rows.test].min()
    assert "day" in data.feature_names


def test_rows_without_a_time_are_left_out_and_counted():
    table = sales()
    table.loc[:4, "day"] = pd.NaT
    data = prepare(table, DataSpec(target="price", split="time", time="day"))
    assert data.notices[0] == 'Left out 5 of 100 rows: "day" is missing.'


def test_numbers_may_serve_as_times():
    data = prepare(sales(), DataSpec(target="price", split="time", time="carat"))
    carat = sales()["carat"]
    assert carat[data.rows.train].max() < carat[data.rows.test].min()


def test_groups_stay_whole_and_are_no_feature():
    data = prepare(sales(), DataSpec(target="price", split="group", group="seller"))
    sellers = [set(sales()["seller"][data.rows[which]]) for which in SETS]
    assert not sellers[0] & sellers[1]
    assert not sellers[0] & sellers[2]
    assert "seller" not in data.feature_names
    assert data.notices[0] == 'Left out "seller": it names the groups that the rows are split by.'


def test_rows_without_a_group_are_a_group():
    table = sales()
    table.loc[::10, "seller"] = None
    data = prepare(table, DataSpec(target="price", split="group", group="seller"))
    holding = [which for which in SETS if table["seller"][data.rows[which]].isna().any()]
    assert len(holding) == 1


def test_a_column_that_the_split_does_not_use_is_said():
    data = prepare(sales(), DataSpec(target="price", time="day"))
    assert data.notices == ('time="day" does nothing while split="random"; split="time" makes use of it.',)


def test_sets_may_be_empty():
    data = prepare(sales(), DataSpec(target="price", validation_fraction=0, test_fraction=0))
    assert data.n_rows("train") == 100
    X, y = data.arrays("test")
    assert X.shape == (0, data.encoder.n_inputs)
    assert y.shape == (0, 1)


def test_the_seed_decides_the_split():
    rows = [prepare(sales(), DataSpec(target="price", seed=seed)).rows.test for seed in (0, 0, 1)]
    np.testing.assert_array_equal(rows[0], rows[1])
    assert not np.array_equal(rows[0], rows[2])


@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 2)])
def test_targets_may_come_apart(shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=shape)
    data = prepare(X, DataSpec(), y)
    assert data.feature_names == ("x0", "x1", "x2")
    assert data.target_names == (("y",) if len(shape) == 1 or shape[1] == 1 else ("y0", "y1"))
    np.testing.assert_array_equal(data.observed("train"), y.reshape(60, -1)[data.rows.train])


def test_targets_that_come_apart_are_named_by_the_spec():
    data = prepare(sales(), DataSpec(target="price"), np.arange(100.0))
    assert data.target_names == ("price",)
    assert "price" in data.feature_names  # the table is all features
    np.testing.assert_array_equal(data.observed("test")[:, 0], data.rows.test)


def spoilt(**columns):
    table = sales()
    for name, (row, value) in columns.items():
        table.loc[row, name] = value
    return table


@pytest.mark.parametrize(
    ("table", "choices", "words"),
    [
        (sales(), {}, r'No target is given: .* target="weight" \(--target weight\)'),
        (sales(), {"target": "prize"}, 'no column "prize" for the target. Did you mean "price"'),
        (sales(), {"target": ("price", "price")}, 'Target "price" is given twice'),
        (sales(), {"target": "price", "features": "carrat"}, 'for the features. Did you mean "carat"'),
        (sales(), {"target": "price", "time": "dya"}, 'no column "dya" for the time. Did you mean "day"'),
        (sales(), {"target": "price", "group": "salesman"}, 'no column "salesman" for the group'),
        (sales(), {"target": "cut"}, r'Target "cut" is not numeric \(it holds .*choose one of carat, price, weight'),
        (sales(), {"target": "day"}, 'Target "day" is not numeric'),
        (sales(), {"target": "price", "features": ("carat", "price")}, '"price" is both target and feature'),
        (sales()[["price"]], {"target": "price"}, "No column is left to predict from"),
        (sales()[["price", "seller"]], {"target": "price", "split": "group", "group": "seller"}, "No column is left"),
        (sales(), {"target": "price", "split": "time"}, r'split="time" needs time="..."'),
        (sales(), {"target": "price", "split": "group"}, r'split="group" needs group="..."'),
        (sales(), {"target": "price", "split": "time", "time": "cut"}, 'Column "cut" takes dates or numbers'),
        (spoilt(carat=([1, 5], np.inf)), {"target": "price"}, 'Column "carat" holds 2 infinite values'),
        (spoilt(price=([1, 5], -np.inf)), {"target": "price"}, 'Column "price" holds 2 infinite values'),
        (sales(9), {"target": "price"}, r"Too few rows .*n_samples = 9\); at least 10"),
        (sales().assign(price=np.nan), {"target": "price"}, "n_samples = 0.*Left out 100 of 100 rows: the target"),
        (sales().assign(price=None), {"target": "price"}, "n_samples = 0"),
        (sales().assign(day=pd.NaT), {"target": "price", "split": "time", "time": "day"}, 'takes dates or numbers'),
        (sales().assign(price=1.0), {"target": "price"}, 'Target "price" is always 1'),
        (sales(), {"target": "weight", "target_transform": "log"}, "takes positive values"),
        (sales(), {"target": "price", "validation_fraction": 0.6, "test_fraction": 0.6}, "together they must leave"),
        ([1, 2, 3], {"target": "price"}, "two dimensions"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(table, choices, words):
    if choices.get("target_transform") == "log":
        table = table.assign(weight=table["weight"] - 3)
    with pytest.raises(NbregError, match=words) as caught:
        prepare(table, DataSpec(**choices))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("y", "names", "words"),
    [
        (np.zeros(3), (), r"one row for each of the table's 100; its shape is \(3,\)"),
        (["a"] * 100, (), "not numbers"),
        (np.zeros((100, 2)), ("a",), "1 target names are given for 2 columns"),
        (np.append(np.zeros(99), np.inf), ("price",), '"price" holds 1 infinite'),
    ],
)
def test_targets_that_come_apart_and_do_not_fit(y, names, words):
    with pytest.raises(DataError, match=words):
        prepare(sales(), DataSpec(target=names), y)


def test_a_split_without_its_column_is_an_option_error():
    with pytest.raises(OptionError):
        prepare(sales(), DataSpec(target="price", split="time"))


def test_rows_that_cannot_be_encoded_are_known_at_once():
    values = pd.Series(np.arange(100.0), dtype=object)
    table = sales().assign(number=values)
    test_row = prepare(table, DataSpec(target="price")).rows.test[0]
    table.loc[test_row, "number"] = "?"
    with pytest.raises(DataError, match="Column \"number\" should hold numbers but holds text, such as '\\?'"):
        prepare(table, DataSpec(target="price"))


def test_infinite_values_of_rows_without_a_target_do_not_matter():
    table = spoilt(carat=(3, np.inf), price=(3, np.nan))
    assert prepare(table, DataSpec(target="price")).n_rows("train") == 63


def test_times_with_a_zone_split_too():
    moments = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=7 * i) for i in range(100)]
    data = prepare(sales().assign(t=moments), DataSpec(target="price", split="time", time="t"))
    np.testing.assert_array_equal(data.rows.test, np.arange(80, 100))
