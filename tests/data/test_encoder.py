"""Columns become the inputs that scikit-learn and skrub would make of them, learned on the train rows."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, QuantileTransformer, StandardScaler

from nbreg.data.encoding import ENCODER_TYPES, Encoder
from nbreg.errors import DataError

N = 120


def numbers(n_columns=3, seed=0):
    X = np.random.default_rng(seed).normal(size=(N, n_columns)) * [1, 100, 0.01][:n_columns]
    return pd.DataFrame(X, columns=[f"c{i}" for i in range(n_columns)])


def mixed():
    """One column of every kind, with gaps."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({
        "number": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
        "whole": rng.integers(0, 50, N),
        "flag": rng.random(N) < 0.5,
        "maybe": pd.array(rng.choice([True, False, None], N), "boolean"),
        "colour": rng.choice(["red", "green", "blue", None], N),
        "city": [f"city {i}" for i in rng.integers(0, 8, N)],
        "sold": pd.Timestamp("2019-03-01 08:15") + pd.to_timedelta(rng.integers(0, 20_000, N), "h"),
        "took": pd.to_timedelta(rng.integers(0, 5_000, N), "s"),
    })  # fmt: skip
    table.loc[::9, "sold"] = pd.NaT
    return table


def inputs_of(encoder, name):
    return next(list(block.positions) for block in encoder.blocks if block.name == name)


# Numbers


def squashed(X):
    from skrub import SquashingScaler

    return SquashingScaler().fit_transform(X)


ORACLES = {
    "robust": squashed,
    "standard": lambda X: StandardScaler().fit_transform(X),
    "minmax": lambda X: MinMaxScaler().fit_transform(X),
    "quantile": lambda X: QuantileTransformer(n_quantiles=N, output_distribution="normal").fit_transform(X),
    "none": np.asarray,
}


@pytest.mark.parametrize("scaling", ORACLES)
def test_numbers_are_scaled_as_elsewhere(scaling):
    table = numbers()
    X = Encoder(scaling).fit(table).transform(table)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X, ORACLES[scaling](table.to_numpy()), rtol=1e-5, atol=1e-6)


def test_robust_scaling_when_most_values_are_equal():
    values = np.zeros((N, 1))
    values[:20, 0] = np.arange(20)
    X = Encoder().fit(values).transform(values)
    np.testing.assert_allclose(X, squashed(values), rtol=1e-5, atol=1e-6)
    assert X.max() > 1


def test_outliers_stay_in_bounds_and_in_order():
    table = pd.DataFrame({"a": [*np.arange(50.0), 1e3, 1e100]})
    X = Encoder().fit(table).transform(table)[:, 0]
    assert np.isfinite(X).all()
    assert X[-2] <= X[-1] <= 3
    assert (np.diff(X[:-1]) > 0).all()


def test_gaps_are_filled_by_the_median_and_said():
    table = numbers()
    table.loc[::7, "c1"] = np.nan
    encoder = Encoder("none").fit(table)
    oracle = SimpleImputer(strategy="median", add_indicator=True).fit_transform(table)
    np.testing.assert_allclose(encoder.transform(table)[:, [0, 1, 3, 2]], oracle, rtol=1e-6)
    assert encoder.input_names == ("c0", "c1", "c1 is missing", "c2")
    assert inputs_of(encoder, "c1") == [1, 2]


def test_gaps_that_come_later_are_filled_too():
    table = numbers(1)
    encoder = Encoder("none").fit(table)
    assert encoder.n_inputs == 1
    np.testing.assert_allclose(encoder.transform(pd.DataFrame({"c0": [np.nan]})), table.median().to_numpy()[None])


def test_new_rows_cannot_leave_float32():
    encoder = Encoder("none").fit(numbers(1))
    assert np.isfinite(encoder.transform(pd.DataFrame({"c0": [1e100, -1e100]}))).all()


# Categories


def test_one_hot_is_scikit_learns():
    levels = np.random.default_rng(0).choice(list("abcde"), N, p=[0.4, 0.3, 0.28, 0.01, 0.01])
    encoder = Encoder().fit(pd.DataFrame({"x": levels}))
    oracle = OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=False)
    oracle.fit(levels[:, None])
    asked = np.array(["a", "d", "e", "never seen", "c"])
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"x": asked})), oracle.transform(asked[:, None]))
    names = [name.replace("x0_", "x = ") for name in oracle.get_feature_names_out()]
    assert list(encoder.input_names) == [name.replace("infrequent_sklearn", "(other)") for name in names]


def test_rare_and_unknown_levels_share_an_input():
    encoder = Encoder().fit(pd.DataFrame({"x": ["a"] * 50 + ["b"] * 50 + ["rare"]}))
    assert encoder.input_names == ("x = a", "x = b", "x = (other)")
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"x": ["rare", "new"]})), [[0, 0, 1], [0, 0, 1]])
    of_that_name = Encoder().fit(pd.DataFrame({"x": ["a"] * 50 + ["(other)"] * 50 + ["rare"]}))
    assert of_that_name.input_names == ("x = (other)", "x = a", "x = ((other))")


def test_a_gap_is_a_level():
    encoder = Encoder().fit(pd.DataFrame({"x": ["a", None, "b"] * 10}))
    assert encoder.input_names == ("x = (missing)", "x = a", "x = b")
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"x": ["a", None]})), [[0, 1, 0], [1, 0, 0]])


def test_many_levels_become_codes_behind_all_numbers():
    cities = [f"c{i:02}" for i in range(40)] * 3
    table = pd.DataFrame({"city": cities, "area": np.arange(120.0), "town": cities[::-1]})
    encoder = Encoder("none", embed_above=32).fit(table)
    X = encoder.transform(table)
    assert encoder.n_levels == (41, 41)
    assert encoder.input_names == ("area", "city code", "town code")
    assert [(b.name, b.kind, b.positions) for b in encoder.blocks] == [
        ("city", "category", (1,)), ("area", "number", (0,)), ("town", "category", (2,))]  # fmt: skip
    np.testing.assert_array_equal(X[:, 1:2], OrdinalEncoder().fit_transform(table[["city"]]))


def test_rare_and_unknown_codes_are_the_last():
    cities = [f"c{i:02}" for i in range(40)] * 3 + ["rare"]
    encoder = Encoder(embed_above=5).fit(pd.DataFrame({"city": cities}))
    codes = encoder.transform(pd.DataFrame({"city": ["c00", "c39", "rare", "new", None]}))[:, 0]
    np.testing.assert_array_equal(codes, [0, 39, 40, 40, 40])
    assert encoder.n_levels == (41,)


@pytest.mark.parametrize("embed_above", [2, 3])
def test_the_bound_of_embedding(embed_above):
    encoder = Encoder(embed_above=embed_above).fit(pd.DataFrame({"x": list("abc") * 9}))
    assert bool(encoder.n_levels) == (embed_above == 2)


def test_whole_numbers_as_levels_are_the_same_with_and_without_gaps():
    encoder = Encoder().fit(pd.DataFrame({"x": pd.Categorical([1, 2, 3] * 9)}))
    later = pd.DataFrame({"x": [2.0, np.nan]})
    np.testing.assert_array_equal(encoder.transform(later), [[0, 1, 0], [0, 0, 0]])


# Booleans and dates


def test_booleans_stay_zero_and_one():
    table = pd.DataFrame({"b": pd.array([True, False, None, True, True] * 4, "boolean"), "c": [True, False] * 10})
    X = Encoder().fit(table).transform(table[:3])
    np.testing.assert_array_equal(X, [[1, 0, 1], [0, 0, 0], [1, 1, 1]])


def test_dates_say_what_pandas_says():
    moments = pd.Series(pd.date_range("2018-11-03 05:20", periods=300, freq="53h"))
    encoder = Encoder("none").fit(pd.DataFrame({"t": moments}))
    X = dict(zip(encoder.input_names, encoder.transform(pd.DataFrame({"t": moments})).T, strict=True))
    circles = {
        "month": (moments.dt.month - 1) / 12,
        "weekday": moments.dt.day_of_week / 7,
        "day of year": (moments.dt.day_of_year - 1) / 365.25,
        "hour": (moments.dt.hour + moments.dt.minute / 60) / 24,
    }
    for name, turn in circles.items():
        np.testing.assert_allclose(X[f"t {name} sin"], np.sin(2 * np.pi * turn), atol=1e-6)
        np.testing.assert_allclose(X[f"t {name} cos"], np.cos(2 * np.pi * turn), atol=1e-6)
    np.testing.assert_array_equal(X["t year"], moments.dt.year)
    np.testing.assert_allclose(X["t elapsed days"], (moments - pd.Timestamp(0)) / pd.Timedelta("1D"), rtol=1e-6)
    assert len(X) == 10


def test_only_what_varies_is_read_from_dates():
    days = pd.DataFrame({"t": pd.date_range("2021-06-01", periods=20)})
    names = {name.removeprefix("t ").rsplit(" ", 1)[0] for name in Encoder().fit(days).input_names}
    assert names == {"elapsed", "weekday", "day of year"}


def test_times_are_told_in_the_zone_they_were_learned_in():
    moments = pd.date_range("2021-06-01", periods=100, freq="7h", tz="Europe/Berlin")
    encoder = Encoder().fit(pd.DataFrame({"t": moments}))
    X = encoder.transform(pd.DataFrame({"t": moments}))
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"t": moments.tz_convert("UTC")})), X)
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"t": moments.tz_localize(None)})), X)


def test_durations_are_seconds():
    table = pd.DataFrame({"took": pd.to_timedelta([*range(20), None], "min")})
    X = Encoder("none").fit(table).transform(table)
    np.testing.assert_array_equal(X[:20, 0], np.arange(20) * 60)
    assert X[20].tolist() == [570, 1]


# Kinds of columns


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([Decimal("1.5"), Decimal("2.5"), None] * 5, "number"),
        ([1, 2.5, None] * 5, "number"),
        ([1, Decimal("2.5"), np.float64(3)] * 5, "number"),
        ([dt.timedelta(hours=1), dt.timedelta(hours=3), None] * 5, "number"),
        ([True, False, None] * 5, "boolean"),
        ([dt.date(2020, 1, 1), dt.date(2021, 3, 2), None] * 5, "date"),
        ([dt.datetime(2020, 1, 1), dt.datetime(2021, 3, 2, 4), pd.NaT] * 5, "date"),
        (["a", 1, None] * 5, "category"),
        ([dt.time(1), dt.time(2), None] * 5, "category"),
    ],
)
def test_columns_of_python_objects(values, kind):
    table = pd.DataFrame({"x": pd.Series(values, dtype=object), "z": np.arange(15.0)})
    encoder = Encoder().fit(table)
    assert encoder.blocks[0].kind == kind
    assert np.isfinite(encoder.transform(table)).all()


@pytest.mark.parametrize(
    "dtype", ["Int64", "Float64", "Int8", "Float32", "UInt16", "int64[pyarrow]", "double[pyarrow]"]
)
def test_nullable_numbers(dtype):
    plain = pd.DataFrame({"x": [1.0, 2.0, np.nan, 4.0, 9.0] * 4})
    nullable = pd.DataFrame({"x": pd.array([1, 2, None, 4, 9] * 4, dtype=dtype)})
    np.testing.assert_array_equal(Encoder().fit(nullable).transform(nullable), Encoder().fit(plain).transform(plain))


def arrow_with_dictionary(table):
    arrow = pa.table(table)
    return arrow.set_column(0, "colour", arrow["colour"].dictionary_encode())


COLOURS = pl.DataFrame({"colour": ["red", "green", None] * 8, "size": [Decimal("1.5"), Decimal("2.5"), None, None] * 6})


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t,
        lambda t: t.with_columns(pl.col("colour").cast(pl.Categorical)),
        lambda t: t.with_columns(pl.col("colour").cast(pl.Enum(["green", "red"]))),
        lambda t: t.with_columns(pl.col("size").cast(pl.Float32)),
        lambda t: t.to_arrow(),
        lambda t: arrow_with_dictionary(t.to_arrow()),
        lambda t: t.to_pandas(),
        lambda t: t.to_pandas().astype({"colour": "category"}),
        lambda t: t.to_pandas().astype({"colour": "string", "size": float}),
        lambda t: t.to_pandas(use_pyarrow_extension_array=True),
    ],
)
def test_one_table_in_any_dress_gives_the_same_inputs(make):
    X = Encoder().fit(COLOURS).transform(COLOURS)
    dressed = make(COLOURS)
    np.testing.assert_array_equal(Encoder().fit(dressed).transform(dressed), X)
    np.testing.assert_array_equal(Encoder().fit(COLOURS).transform(dressed), X)


def test_all_kinds_through_all_backends():
    table = mixed()
    X = Encoder(embed_above=4).fit(table).transform(table)
    for other in (pl.from_pandas(table), pa.Table.from_pandas(table), table.convert_dtypes(dtype_backend="pyarrow")):
        np.testing.assert_array_equal(Encoder(embed_above=4).fit(other).transform(other), X)


# What is left out


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.ones(N), "constant"),
        ([True] * N, "constant"),
        (["a"] * N, "constant"),
        ([dt.datetime(2020, 1, 1)] * N, "constant"),
        (np.full(N, np.nan), "empty"),
        ([None] * N, "empty"),
        ([f"id {i}" for i in range(N)], "text that is different in nearly every row"),
        ([[1, 2]] * N, "neither numbers"),
        (pd.period_range("2020", periods=N, freq="D"), "neither numbers"),
        ([1j] * N, "neither numbers"),
    ],
)
def test_columns_of_no_use_are_left_out_and_said(values, reason):
    encoder = Encoder().fit(numbers(1).assign(useless=values))
    assert encoder.feature_names == ("c0",)
    assert encoder.notices[0].startswith('Left out "useless": ')
    assert reason in encoder.notices[0]


def test_text_of_rare_levels_only_is_left_out_and_said():
    table = pd.DataFrame({"n": range(1000), "pair": [f"pair {i // 2}" for i in range(1000)]})
    assert Encoder().fit(table).notices == ['Left out "pair": text whose levels are all rare.']


def test_one_sentence_names_all_columns_left_out_for_a_reason():
    table = numbers(1).assign(**{f"k{i}": 1 for i in range(7)})
    assert Encoder().fit(table).notices == [
        'Left out "k0", "k1", "k2", "k3", "k4" and 2 more: constant on the train rows.'
    ]


def test_columns_left_out_need_not_come_again():
    encoder = Encoder().fit(numbers(2).assign(constant=1))
    assert encoder.transform(numbers(2)).shape == (N, 2)


def test_a_constant_with_gaps_says_something():
    table = pd.DataFrame({"x": [1.0, np.nan] * 10})
    np.testing.assert_array_equal(Encoder().fit(table).transform(table[:2]), [[0, 0], [0, 1]])


def test_nothing_left_is_told():
    with pytest.raises(DataError, match=r'left to predict from\. Left out "a": constant'):
        Encoder().fit(pd.DataFrame({"a": [1, 1]}))


# Mistakes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="number").assign(Numbr=1), 'lacks the column "number".* Did you mean "Numbr"'),
        (lambda t: t[["number"]], 'lacks 7 columns: "whole", "flag", "maybe", "colour", "city" and 2 more'),
        (lambda t: t.assign(number="many"), "Column \"number\" should hold numbers but holds text, such as 'many'"),
        (lambda t: t.assign(number=t["sold"]), 'Column "number" should hold numbers but holds dates'),
        (lambda t: t.assign(sold="May"), "Column \"sold\" should hold dates but holds text, such as 'May'"),
        (lambda t: t.assign(sold=1), 'Column "sold" should hold dates but holds numbers'),
        (lambda t: t.assign(flag="yes"), 'Column "flag" should hold true or false but holds text'),
        (lambda t: t.assign(flag=2), 'Column "flag" should hold true or false but holds numbers'),
        (lambda t: t.assign(number=[np.inf, -np.inf] + [0] * (N - 2)), 'Column "number" holds 2 infinite values'),
        (lambda t: t.assign(number=[np.inf] + [0] * (N - 1)), 'Column "number" holds 1 infinite value;'),
    ],
)
def test_tables_that_do_not_fit(change, words):
    encoder = Encoder().fit(mixed())
    with pytest.raises(DataError, match=words) as caught:
        encoder.transform(change(mixed()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scaling", ORACLES)
def test_the_largest_and_least_numbers_do_no_harm(scaling):
    with pytest.raises(DataError, match=r'"a" holds 2 values beyond 1e\+150'):
        Encoder(scaling).fit(pd.DataFrame({"a": [1.0, 2.0, -np.finfo(float).max, np.finfo(float).max]}))
    extreme = pd.DataFrame({"huge": [1e150, -1e150, 0.0] * 4, "tiny": [5e-324, 0, 1e-323] * 4})
    encoder = Encoder(scaling).fit(extreme)
    assert np.isfinite(encoder.transform(extreme)).all()
    assert np.isfinite(encoder.transform(extreme.rename(columns={"huge": "tiny", "tiny": "huge"}))).all()


def test_infinite_values_are_refused_when_learning():
    with pytest.raises(DataError, match='"c0" holds 1 infinite value'):
        Encoder().fit(pd.DataFrame({"c0": [1.0, np.inf]}))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(number=None),
        lambda t: t.assign(number=pd.Series([None] * N, dtype=object)),
        lambda t: t.assign(flag=t["flag"].astype(int)),
        lambda t: t.assign(flag=t["flag"].astype(object)),
        lambda t: t.assign(whole=t["whole"].astype(object)),
        lambda t: t.assign(whole=t["whole"] > 3),
        lambda t: t.assign(colour="new", city=None, sold=pd.NaT),
        lambda t: t.assign(extra=1)[t.columns[::-1]],
    ],
)
def test_tables_that_fit_well_enough(change):
    encoder = Encoder().fit(mixed())
    assert np.isfinite(encoder.transform(change(mixed()))).all()


# Keeping


@pytest.mark.parametrize("scaling", ORACLES)
@pytest.mark.parametrize("embed_above", [4, 32])
def test_is_kept_bit_for_bit(scaling, embed_above):
    table = mixed()
    encoder = Encoder(scaling, embed_above).fit(table)
    X = encoder.transform(table)
    stored = skops.io.dumps(encoder)
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(ENCODER_TYPES)
    for kept in (skops.io.loads(stored, trusted=list(ENCODER_TYPES)), pickle.loads(pickle.dumps(encoder))):
        np.testing.assert_array_equal(kept.transform(table), X)
        assert kept.blocks == encoder.blocks
        assert (kept.n_levels, kept.input_names, kept.notices) == (
            encoder.n_levels, encoder.input_names, encoder.notices)  # fmt: skip


def test_times_with_a_zone_are_kept():
    table = pd.DataFrame({"t": pd.date_range("2021-06-01", periods=100, freq="7h", tz="Europe/Berlin")})
    encoder = Encoder().fit(table)
    kept = skops.io.loads(skops.io.dumps(encoder), trusted=list(ENCODER_TYPES))
    np.testing.assert_array_equal(kept.transform(table), encoder.transform(table))


# Some columns anew


@pytest.mark.parametrize("names", [["number"], ["colour"], ["sold", "whole"], ["flag", "maybe", "city", "took"]])
def test_columns_made_anew_are_as_in_whole_rows(names):
    table = mixed()
    encoder = Encoder(embed_above=5).fit(table)
    other = table.iloc[::-1].reset_index(drop=True)
    mixture = table.assign(**{name: other[name] for name in names})
    before = encoder.transform(table)
    kept = before.copy()
    np.testing.assert_array_equal(encoder.transform_some(before, other[names]), encoder.transform(mixture))
    np.testing.assert_array_equal(before, kept)
