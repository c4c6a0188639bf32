"""Effects against scikit-learn, and against functions whose effects are known."""

import signal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.inspection import partial_dependence

import nbreg
from nbreg.errors import DataError, OptionError


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 240
    table = pd.DataFrame(
        {
            "size": rng.uniform(1, 5, n).round(2),
            "rooms": rng.integers(1, 7, n),
            "city": rng.choice(["Ulm", "Bonn", "Kiel"], n, p=[0.5, 0.3, 0.2]),
            "garden": rng.random(n) < 0.4,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
        }
    )
    table["price"] = 100 * table["size"] * table["rooms"] + 50 * (table["city"] == "Ulm") + rng.normal(size=n)
    return table


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table, target="price", epochs=3, hidden=(8,))


@pytest.fixture(scope="module")
def features(table):
    return table.drop(columns="price")


@pytest.fixture(scope="module")
def square():
    """Four features without correlation, two of them centred."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.uniform(-1, 1, (600, 4)), columns=list("abcd"))


# Partial dependence and single curves


@pytest.mark.parametrize("feature", ["size", "rooms", "city", "garden", "sold"])
def test_partial_dependence_and_curves_are_scikit_learns(regressor, features, feature):
    found = nbreg.effect(regressor, feature, data=features, kind="ice", grid=7)
    grid = found.grid[0]
    # scikit-learn takes a grid of numbers and text alone, so that dates and flags are set by hand.
    grid = grid == "true" if feature == "garden" else grid
    expected = np.column_stack([regressor.predict(features.assign(**{feature: value})) for value in grid])
    assert_allclose(found.curves, expected, rtol=1e-4)
    assert_allclose(found.values, expected.mean(axis=0), rtol=1e-4)
    if feature in ("size", "city"):
        theirs = partial_dependence(
            regressor, features, [feature], method="brute", kind="both", custom_values={feature: grid},
            categorical_features=["city"],
        )  # fmt: skip
        assert_allclose(found.values, theirs["average"][0], rtol=1e-4)
        assert_allclose(found.curves, theirs["individual"][0], rtol=1e-4)


def test_partial_dependence_of_two_is_scikit_learns(regressor, features):
    found = nbreg.effect(regressor, "size", "city", data=features, grid=6)
    theirs = partial_dependence(
        regressor, features, ["size", "city"], method="brute", categorical_features=["city"],
        custom_values={"size": found.grid[0], "city": found.grid[1]},
    )  # fmt: skip
    assert found.values.shape == (6, 3)
    assert_allclose(found.values, theirs["average"][0], rtol=1e-4)


def test_a_function_is_looked_at_as_its_network_is(regressor, features):
    for kind in ("pdp", "ice", "ale"):
        own = nbreg.effect(regressor, "size", data=features, kind=kind)
        foreign = nbreg.effect(regressor.predict, "size", data=features, kind=kind)
        assert_allclose(foreign.values, own.values, rtol=1e-4, atol=1e-3)
        assert_allclose(foreign.h_squared, own.h_squared, rtol=1e-2, atol=1e-5)


def test_curves_of_an_additive_function_differ_in_height_alone(square):
    found = nbreg.effect(lambda t: t["a"] ** 3 + t["b"], "a", data=square)
    assert_allclose(found.spread, 0, atol=1e-12)
    assert_allclose(found.values - found.values[0], found.grid[0] ** 3 - found.grid[0][0] ** 3, atol=1e-12)
    bent = nbreg.effect(lambda t: t["a"] * t["b"], "a", data=square)
    assert_allclose(bent.spread, np.abs(bent.grid[0] - bent.grid[0].mean()) * square["b"][bent.rows].std(ddof=0))


def test_centred_curves_begin_at_zero(square):
    found = nbreg.effect(lambda t: t["a"] * t["b"] + 3, "a", data=square, kind="ice", centred=True)
    expected = np.outer(square["b"].to_numpy()[found.rows], found.grid[0] - found.grid[0][0])
    assert_allclose(found.curves, expected, atol=1e-12)
    assert found.measure("prediction") == "change of prediction"


# Accumulated local effects


def test_ale_of_an_additive_function_is_its_part_less_the_mean(square):
    found = nbreg.effect(lambda t: 3 * t["a"] + np.exp(t["b"]), "a", data=square, kind="ale", rows=600)
    assert_allclose(np.diff(found.values) / np.diff(found.grid[0]), 3, rtol=1e-9)
    curved = nbreg.effect(lambda t: 3 * t["a"] + np.exp(t["b"]), "b", data=square, kind="ale", rows=600)
    assert_allclose(curved.values - curved.values[0], np.exp(curved.grid[0]) - np.exp(curved.grid[0][0]))
    assert_allclose(np.interp(square["b"], curved.grid[0], curved.values).mean(), 0, atol=0.02)


def test_ale_does_not_leave_correlated_data():
    """Apley & Zhu's own example: off the diagonal the function goes wild, which partial dependence falls for."""
    rng = np.random.default_rng(2)
    a = rng.uniform(0, 1, 500)
    table = pd.DataFrame({"a": a, "b": a + rng.normal(0, 0.01, 500)})

    def predict(t):
        return t["a"] + t["b"] ** 2 + 50 * (np.abs(t["a"] - t["b"]) > 0.3)

    local = nbreg.effect(predict, "a", data=table, kind="ale", grid=20)
    assert_allclose(np.diff(local.values) / np.diff(local.grid[0]), 1, rtol=1e-6)
    assert np.ptp(nbreg.effect(predict, "a", data=table, grid=20).values) > 10


def test_ale_of_a_pure_interaction_is_nothing_alone_and_all_together(square):
    centred = square - square.mean()
    alone = nbreg.effect(lambda t: t["a"] * t["b"], "a", data=centred, kind="ale", rows=600)
    both = nbreg.effect(lambda t: t["a"] * t["b"], "a", "b", data=centred, kind="ale", rows=600, grid=8)
    expected = np.outer(*both.grid)
    assert np.abs(alone.values).max() < 0.1
    # What is left is the correlation of a and b in this sample, and the width of the cells.
    assert np.abs(both.values - expected).max() < 0.15
    second = np.diff(np.diff(both.values, axis=0), axis=1)
    assert_allclose(second, np.outer(*map(np.diff, both.grid)), atol=1e-12)


def test_second_order_ale_of_an_additive_function_is_zero(square):
    found = nbreg.effect(lambda t: np.sin(3 * t["a"]) + t["b"] ** 2, "a", "b", data=square, kind="ale")
    assert_allclose(found.values, 0, atol=1e-9)
    assert not found.h_squared > 1e-12


def test_ale_of_levels_without_interaction_is_what_they_add():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"level": rng.choice(list("pqrs"), 400), "x": rng.normal(size=400)})
    adds = {"p": 1.0, "q": 5.0, "r": -2.0, "s": 0.0}
    found = nbreg.effect(lambda t: t["level"].map(adds) + t["x"], "level", data=table, kind="ale")
    mean = table["level"].map(adds).mean()
    assert_allclose(found.values, [adds[level] - mean for level in found.grid[0]], rtol=1e-9)
    mixed = nbreg.effect(lambda t: t["level"].map(adds) + t["x"], "x", "level", data=table, kind="ale")
    assert_allclose(mixed.values, 0, atol=1e-9)


def test_levels_that_are_alike_stand_side_by_side():
    rng = np.random.default_rng(4)
    warmth = {"mild": 1, "cold": 0, "warm": 2, "hot": 3, "icy": -1}
    level = rng.choice(list(warmth), 500)
    table = pd.DataFrame({"level": level, "x": [warmth[name] for name in level] + rng.normal(0, 1.5, 500)})
    found = nbreg.effect(lambda t: t["x"], "level", data=table, kind="ale")
    order = [warmth[name] for name in found.grid[0]]
    assert order in (sorted(order), sorted(order)[::-1])
    assert "alike" in found.notices[-1]


def test_an_order_of_its_own_is_kept():
    order = ["small", "medium", "large"]
    level = pd.Categorical(np.resize(["large", "small", "medium"], 60), categories=order, ordered=True)
    table = pd.DataFrame({"level": level, "x": np.arange(60.0)})
    for kind in ("pdp", "ale"):
        found = nbreg.effect(lambda t: (t["level"] == "medium") * 1.0 + t["x"], "level", data=table, kind=kind)
        assert list(found.grid[0]) == order
        assert_allclose(np.diff(found.values), [1, -1])


# What there is to look at


def test_grid_values_are_rows_values_spaced_as_rows_are(square):
    found = nbreg.effect(lambda t: t["a"], "a", data=square, rows=600, grid=11)
    assert_allclose(found.grid[0], np.quantile(square["a"], np.linspace(0, 1, 11), method="inverted_cdf"))


def test_only_frequent_levels_are_shown():
    rng = np.random.default_rng(5)
    level = np.repeat([f"l{i:02}" for i in range(26)], np.arange(5, 31))
    table = pd.DataFrame({"level": level, "x": rng.normal(size=len(level))})
    found = nbreg.effect(lambda t: t["x"] + t["level"].str[1:].astype(float), "level", data=table)
    assert set(found.grid[0]) == {f"l{i:02}" for i in range(6, 26)}
    assert "20 most frequent of 26" in found.notices[-1]
    ale = nbreg.effect(lambda t: t["x"] + t["level"].str[1:].astype(float), "level", data=table, kind="ale")
    assert set(ale.grid[0]) == set(found.grid[0])
    assert len(ale.rows) < len(found.rows)


def test_rows_with_gaps_have_no_place_in_ale(square):
    table = square.assign(a=square["a"].where(square["b"] < 0.5))
    found = nbreg.effect(lambda t: t["a"].fillna(9) + t["b"], "a", data=table, kind="ale", rows=600)
    assert len(found.rows) == (table["a"].notna()).sum()
    assert_allclose(np.diff(found.values), np.diff(found.grid[0]))
    assert "Left out" in found.notices[-1]


def test_several_targets(square):
    found = nbreg.effect(lambda t: np.column_stack([t["a"], 2 * t["a"] * t["b"]]), "a", data=square, kind="ice")
    assert found.values.shape == (30, 2)
    assert found.h_squared.shape == (2,)
    assert_allclose(found.of_target("prediction_1").values, found.grid[0])
    assert set(found.to_frame()["target"]) == {"prediction_1", "prediction_2"}


def test_frames(square):
    one = nbreg.effect(lambda t: t["a"], "a", data=square, grid=5).to_frame()
    assert list(one.columns) == ["a", "prediction", "spread"]
    assert_allclose(one["a"], one["prediction"])
    both = nbreg.effect(lambda t: t["a"] + t["b"], "a", "b", data=square, grid=5).to_frame()
    assert len(both) == 25
    assert_allclose(both["prediction"], both["a"] + both["b"])
    rows = nbreg.effect(lambda t: t["a"] + t["c"], "a", data=square, kind="ice", grid=5, rows=10).to_frame()
    assert_allclose(rows["prediction"], rows["a"] + square["c"].to_numpy()[rows["row"]])


def test_polars_tables_and_test_rows(regressor, features):
    pl = pytest.importorskip("polars")
    own = nbreg.effect(regressor, "rooms", data=features)
    theirs = nbreg.effect(regressor, "rooms", data=pl.from_pandas(features))
    assert_allclose(theirs.values, own.values, rtol=1e-6)
    held_back = nbreg.effect(regressor, "rooms")
    assert len(held_back.rows) == regressor.n_rows_["test"]
    assert held_back.target_names == ("price",)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (("sise",), {}, 'no feature "sise".*"size"'),
        (("size",), {"kind": "pdb"}, "one of pdp, ice, ale"),
        (("size",), {"grids": 4}, 'no option "grids".*"grid"'),
        (("size", "size"), {}, "given twice"),
        (("size", "rooms"), {"kind": "ice"}, "ice shows one feature"),
        (("size",), {"grid": 1}, "at least 2"),
        (("size",), {"target": "prize"}, 'no target "prize"'),
    ],
)
def test_mistakes_are_told(regressor, arguments, options, said):
    with pytest.raises(OptionError, match=said):
        nbreg.effect(regressor, *arguments, **options)


def test_a_feature_that_never_changes_is_told(regressor, features):
    with pytest.raises(DataError, match='"rooms" has the same value in all 240 rows'):
        nbreg.effect(regressor, "rooms", data=features.assign(rooms=3))


@pytest.mark.parametrize("kind", ["pdp", "ice", "ale"])
@pytest.mark.parametrize("feature", ["size", "city", "sold"])
def test_effects_show_themselves(regressor, features, kind, feature):
    found = nbreg.effect(regressor, feature, data=features, kind=kind)
    data, metadata = found._repr_mimebundle_()
    assert data["image/png"]
    assert "price" in data["text/plain"]
    assert feature in metadata["image/png"]["alt"]
    labels = {axes.get_xlabel() for axes in found.figure.axes} | {axes.get_ylabel() for axes in found.figure.axes}
    assert feature in labels
    assert ("effect on price" if kind == "ale" else "predicted price") in labels


@pytest.mark.parametrize("pair", [("size", "rooms"), ("city", "size"), ("garden", "city"), ("sold", "city")])
def test_maps_show_where_rows_are(regressor, features, pair):
    found = nbreg.effect(regressor, *pair, data=features, kind="ale")
    main = found.figure.axes[0]
    assert {main.get_xlabel(), main.get_ylabel()} == set(pair)
    dots = [each for each in main.collections if len(each.get_offsets()) > 50]
    assert len(dots) == 1


def test_at_most_fifty_curves_are_drawn(square):
    found = nbreg.effect(lambda t: t["a"] * t["b"], "a", data=square, kind="ice")
    assert len(found.curves) == 500
    assert len([line for line in found.figure.axes[0].lines if line.get_alpha() == 0.28]) == 50


def test_an_interrupt_leaves_the_rows_done(square):
    calls = []

    def predict(t):
        calls.append(len(t))
        if len(calls) == 3:  # the check of the rows, then two steps
            signal.raise_signal(signal.SIGINT)
        return t["a"] * 2 + t["b"]

    found = nbreg.effect(predict, "a", data=pd.concat([square] * 5), kind="ice", rows=3000)
    assert 0 < len(found.curves) < 3000
    assert len(found.rows) == len(found.curves)
    assert_allclose(np.diff(found.values) / np.diff(found.grid[0]), 2)
    assert found.notices[-1].startswith("Interrupted: ")
