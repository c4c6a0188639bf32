"""Interactions against functions whose interactions are known, sums over coalitions, and shap."""

import itertools
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.explanation.effects.interaction_values import interaction_values
from nbreg.explanation.enumeration import coalitions


@pytest.fixture(scope="module")
def design():
    """All combinations of three levels of three features: centred and independent to the last digit."""
    levels = np.array([-1.0, 0.0, 1.0])
    return pd.DataFrame(list(itertools.product(levels, repeat=3)), columns=list("abc"))


@pytest.fixture(scope="module")
def regressor():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(150, 4)), columns=list("abcd")).assign(e=rng.choice(["u", "v"], 150))
    table["y"] = table["a"] * table["b"] + table["c"]
    return nbreg.fit(table, target="y", epochs=3, hidden=(8,))


def test_h_is_zero_for_a_sum(design):
    found = nbreg.interactions(lambda t: np.exp(t["a"]) + 2 * t["b"] - t["c"] ** 2, design, background=design)
    off = ~np.eye(3, dtype=bool)
    assert_allclose(found.h_squared[off], 0, atol=1e-20)
    assert_allclose(found.total_h_squared, 0, atol=1e-20)
    assert_allclose(found.values[:, off], 0, atol=1e-12)


def test_h_is_one_for_a_product(design):
    found = nbreg.interactions(lambda t: t["a"] * t["b"], design, background=design)
    assert_allclose(found.h_squared[0, 1], 1)
    assert_allclose(found.total_h_squared, [1, 1, 0], atol=1e-12)
    assert_allclose(found.sizes[0, 1], (design["a"] * design["b"]).std(ddof=0))
    assert np.isnan(np.diag(found.h_squared)).all()
    assert nbreg.effect(lambda t: t["a"] * t["b"], "a", "b", data=design).h_statistic == pytest.approx(1)
    assert nbreg.effect(lambda t: t["a"] * t["b"], "c", data=design).h_squared == pytest.approx(0)


def test_h_is_the_share_of_the_variance(design):
    """Of a + ab, with variances 2/3 and 4/9, two fifths are interaction."""
    found = nbreg.interactions(lambda t: t["a"] + t["a"] * t["b"], design, background=design)
    assert_allclose(found.h_squared[0, 1], (4 / 9) / (2 / 3 + 4 / 9))


def test_what_features_do_in_no_way_is_no_interaction(design):
    """Rounding beside a large prediction must not be told as a share of nothing."""
    found = nbreg.interactions(lambda t: 1e9 * t["a"], design, background=design)
    assert found.h_squared[1, 2] == 0
    assert "No interactions" in repr(found)


def test_a_product_is_shared_by_its_factors(design):
    """With a mean of zero all of a * b is interaction, half of it on each side of the diagonal."""
    found = nbreg.interactions(lambda t: t["a"] * t["b"], design, background=design)
    product = (design["a"] * design["b"]).to_numpy()
    assert_allclose(found.values[:, 0, 1], product / 2, atol=1e-12)
    assert_allclose(found.values[:, 1, 0], product / 2, atol=1e-12)
    assert_allclose(np.einsum("nii->n", found.values), 0, atol=1e-12)
    table = found.strength()
    assert list(table.iloc[0, :2]) == ["a", "b"]
    assert_allclose(table.iloc[0]["mean |interaction|"], np.abs(product).mean())


def test_values_are_the_sum_over_coalitions():
    """Grabisch and Roubens's index, written out."""
    rng = np.random.default_rng(1)
    n = 5
    worths = rng.normal(size=(3, 2**n, 2))
    number = {frozenset(np.flatnonzero(members)): i for i, members in enumerate(coalitions(n))}
    found = interaction_values(worths)
    for i, j in itertools.combinations(range(n), 2):
        total = np.zeros((3, 2))
        others = [player for player in range(n) if player not in (i, j)]
        for size in range(n - 1):
            weight = math.factorial(size) * math.factorial(n - size - 2) / math.factorial(n - 1)
            for chosen in itertools.combinations(others, size):
                with_both, with_i, with_j, without = (
                    worths[:, number[frozenset({*chosen, *extra})]] for extra in ((i, j), (i,), (j,), ())
                )
                total += weight * (with_both - with_i - with_j + without)
        assert_allclose(found[:, i, j], total / 2)
    assert_allclose(found.sum(axis=(1, 2)), worths[:, -1] - worths[:, 0])


def test_values_are_shaps():
    """Where no more than two act together: of three it takes another index (Shapley-Taylor)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's own imports
        shap = pytest.importorskip("shap")
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(6, 4)), columns=list("abcd"))
    background = pd.DataFrame(rng.normal(size=(9, 4)), columns=list("abcd"))

    def predict(values):
        a, b, c, d = np.asarray(values).T
        return a * b + np.sin(c) * np.exp(d) + c * b + d**2

    theirs = shap.explainers.Exact(predict, shap.maskers.Independent(background.to_numpy()))
    expected = theirs(table.to_numpy(), interactions=2).values
    found = nbreg.interactions(predict, table, background=background)
    assert_allclose(found.values, expected, atol=1e-10)


def test_rows_sum_to_shapley_values_and_predictions(regressor):
    found = nbreg.interactions(regressor)
    explained = nbreg.explain(regressor, rows=100, method="shapley")
    assert_allclose(found.values.sum(axis=2), explained.values, atol=1e-5)
    assert_allclose(found.values.sum(axis=(1, 2)) + found.base_values, explained.predictions, atol=1e-5)
    assert_allclose(found.values, found.values.swapaxes(1, 2))


def test_h_of_a_network_is_that_of_its_function(regressor):
    rows = regressor.data_.frame_of("test").to_native().drop(columns="y")
    own = nbreg.interactions(regressor, rows, background=rows)
    foreign = nbreg.interactions(regressor.predict, rows, background=rows)
    assert_allclose(own.h_squared, foreign.h_squared, atol=1e-3)
    pair = nbreg.effect(regressor, "a", "b", data=rows)
    assert pair.h_squared == pytest.approx(own.h_squared[0, 1], abs=1e-5)
    alone = nbreg.effect(regressor, "a", data=rows)
    assert alone.h_squared == pytest.approx(own.total_h_squared[0], abs=1e-5)


def test_beyond_twelve_features_there_is_h_alone():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(40, 14)), columns=[f"x{i}" for i in range(14)])
    table["x0"] -= table["x0"].mean()
    found = nbreg.interactions(lambda t: t["x0"] * t["x1"] + t["x2"] + t["x13"], table, background=20)
    assert found.values is None
    pairs = found.strength()
    assert set(pairs.iloc[0, :2]) == {"x0", "x1"}
    assert_allclose(pairs["H²"][1:], 0, atol=1e-12)
    assert "H² alone" in found.notices[-1]
    with pytest.raises(OptionError, match="up to 12"):
        found.mean_interactions()
    assert found._repr_mimebundle_()[0]["image/png"]


def test_groups_play_as_one(design):
    found = nbreg.interactions(lambda t: t["a"] * t["b"], design, background=design, group=["a,b"])
    assert found.feature_names == ("a + b", "c")
    assert_allclose(found.h_squared[0, 1], 0, atol=1e-20)


def test_a_spent_budget_leaves_what_is_done():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(size=(60, 11)), columns=[f"x{i}" for i in range(11)])
    found = nbreg.interactions(lambda t: t["x0"] * t["x1"], table, background=50, budget=1e-6)
    assert 0 < len(found.rows) < 60
    assert len(found.values) == len(found.rows)
    assert "budget" in found.notices[0]


def test_several_targets(design):
    found = nbreg.interactions(lambda t: np.column_stack([t["a"] * t["b"], t["c"]]), design, background=design)
    assert found.h_squared.shape == (3, 3, 2)
    assert_allclose(found.of_target("prediction_1").h_squared[0, 1], 1)
    assert len(found.strength()) == 6
    assert found._repr_mimebundle_()[0]["image/png"]


def test_mistakes_are_told(design, regressor):
    with pytest.raises(OptionError, match=r'no option "row".*"rows"'):
        nbreg.interactions(regressor, row=3)
    with pytest.raises(DataError, match="only feature"):
        nbreg.interactions(lambda t: t["a"], design[["a"]])
