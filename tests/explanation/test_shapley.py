"""Shapley values against shap's own explainers and against what can be computed by hand."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbreg
from nbreg.explanation.any_predictor import AnyPredictor
from nbreg.explanation.enumeration import shapley_shares


class Coded:
    """A table as numbers, as shap wants it: each column's values are numbered."""

    def __init__(self, table):
        self.levels = {name: table[name].drop_duplicates().reset_index(drop=True) for name in table}

    def encode(self, table):
        return np.column_stack([self._codes(table[name]) for name in self.levels]).astype(float)

    def _codes(self, column):
        levels = self.levels[column.name].tolist()
        # A gap equals nothing, itself included.
        return [next(i for i, x in enumerate(levels) if x == value or (x != x and value != value)) for value in column]

    def decode(self, codes):
        at = codes.astype(int)
        return pd.DataFrame({name: levels.to_numpy()[at[:, i]] for i, (name, levels) in enumerate(self.levels.items())})


@pytest.fixture(scope="module")
def features(houses):
    return houses.drop(columns=["price", "rent"])


def exact_by_shap(regressor, features, rows, background):
    coded = Coded(features)
    masker = shap.maskers.Independent(coded.encode(background), max_samples=len(background))
    explainer = shap.explainers.Exact(lambda codes: regressor.predict(coded.decode(codes)), masker)
    return explainer(coded.encode(rows))


def test_enumeration_equals_shaps_exact_explainer(regressor, features):
    rows, background = features.head(4), features.tail(20)
    expected = exact_by_shap(regressor, features, rows, background)
    found = nbreg.explain(regressor, rows, "shapley", background=background)
    spread = np.ptp(regressor.predict(features))
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-6 * spread)
    np.testing.assert_allclose(found.base_values, expected.base_values, rtol=0, atol=1e-6 * spread)
    assert found.completeness_gap < 1e-6
    assert found.feature_names == tuple(features.columns)


def test_several_targets_equal_one_by_one(of_two_targets, features):
    rows, background = features.head(3), features.tail(15)
    expected = exact_by_shap(of_two_targets, features, rows, background)
    found = nbreg.explain(of_two_targets, rows, "shapley", background=background)
    assert found.values.shape == (3, 5, 2)
    spread = np.ptp(of_two_targets.predict(features), axis=0)
    np.testing.assert_allclose(found.values / spread, expected.values / spread, rtol=0, atol=1e-6)
    rent = nbreg.explain(of_two_targets, rows, "shapley", background=background, target="rent")
    np.testing.assert_allclose(rent.values, found.values[..., 1], rtol=1e-9)
    np.testing.assert_allclose(found.of_target("rent").values, rent.values, rtol=1e-9)


def test_an_embedded_category_is_one_player(features, houses):
    model = nbreg.fit(houses.drop(columns="rent"), target="price", hidden=(8,), epochs=5, embed_above=2)
    assert model.encoder_.n_levels
    rows, background = features.head(3), features.tail(10)
    expected = exact_by_shap(model, features, rows, background)
    found = nbreg.explain(model, rows, "shapley", background=background)
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-6 * np.ptp(model.predict(features)))
    assert len(model.network_.get_layer("prediction")._inbound_nodes) == 1  # no trace in the user's network


def test_sampling_lies_within_three_of_its_standard_errors(regressor, features):
    background = features.tail(30)
    exact = nbreg.explain(regressor, features, "shapley", background=background)
    sampled = nbreg.explain(regressor, features, "shapley", background=background, rounds=4)
    off = np.abs(sampled.values - exact.values) / sampled.standard_errors
    assert (off < 3).mean() >= 0.99
    assert (off > 1).mean() > 0.2  # the errors are not merely generous: about a third lie beyond one
    assert sampled.completeness_gap < 1e-6
    assert exact.standard_errors is None


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_any_number_of_rounds_has_standard_errors(regressor, features, rounds):
    background = features.tail(30)
    exact = nbreg.explain(regressor, features, "shapley", background=background)
    found = nbreg.explain(regressor, features, "shapley", background=background, rounds=rounds)
    assert (np.abs(found.values - exact.values) / found.standard_errors < 3).mean() >= 0.99
    assert "random order" in found.words


def test_more_rounds_are_closer(regressor, features):
    background = features.tail(30)
    exact = nbreg.explain(regressor, features.head(30), "shapley", background=background)
    errors = {}
    for rounds in (2, 32):
        found = nbreg.explain(regressor, features.head(30), "shapley", background=background, rounds=rounds)
        errors[rounds] = np.abs(found.values - exact.values).mean()
    assert errors[32] < errors[2] / 2.5  # four times as many a halving: 4 is expected


def test_sampling_agrees_with_shaps_permutation_explainer_beyond_12_features():
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(60, 15)), columns=[f"x{i}" for i in range(15)])
    weights = rng.normal(size=15)

    def predict(table):
        values = np.asarray(table, float)
        return np.tanh(values @ weights / 3) + values[:, 0] * values[:, 1]

    background = X.tail(20)
    masker = shap.maskers.Independent(background.to_numpy(), max_samples=20)
    expected = shap.explainers.Permutation(predict, masker, seed=0)(X.head(3).to_numpy(), max_evals=31 * 300)
    found = nbreg.explain(predict, X.head(3), background=background, rounds=40)
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=0.02)
    assert "Shapley" not in found.words


def test_a_seed_gives_the_same_bits_and_another_others(regressor, features):
    first, again, other = (
        nbreg.explain(regressor, features.head(20), "shapley", rounds=2, seed=seed).values for seed in (3, 3, 4)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_a_group_is_worth_what_its_coalition_is(regressor, features):
    """Players {size, age} against all others: two players, so that the values can be written down."""
    rows, background = features.head(5), features.tail(12)
    others = ("garden", "sold", "quality")
    found = nbreg.explain(regressor, rows, "shapley", background=background, group=(("size", "age"), others))
    assert found.feature_names == ("size + age", "garden + sold + quality")
    for i in range(len(rows)):
        row = pd.concat([rows.iloc[[i]]] * len(background), ignore_index=True)
        known, unknown = background.reset_index(drop=True).copy(), row.copy()
        known[["size", "age"]] = row[["size", "age"]]
        unknown[["size", "age"]] = background[["size", "age"]].to_numpy()
        worth = [regressor.predict(table).mean() for table in (background, known, unknown, row)]
        by_hand = ((worth[1] - worth[0]) + (worth[3] - worth[2])) / 2
        np.testing.assert_allclose(found.values[i, 0], by_hand, rtol=1e-4)


def test_one_feature_gets_all():
    table = pd.DataFrame({"x": np.linspace(0, 1, 50)})
    found = nbreg.explain(lambda frame: frame["x"] ** 2, table, background=table)
    np.testing.assert_allclose(found.values[:, 0], table["x"] ** 2 - (table["x"] ** 2).mean(), atol=1e-7)


@pytest.mark.parametrize("rounds", [None, 2])
def test_linear_networks_are_weight_times_distance_from_the_mean(rounds):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(100, 4)), columns=list("abcd"))
    table["y"] = 3 * table["a"] - 2 * table["b"] + 1e4
    model = nbreg.fit(table, target="y", network="perceptron", epochs=3, target_transform="none", scaling="none")
    rows, background = table.head(10), table.tail(40)
    found = nbreg.explain(model, rows, "shapley", background=background, rounds=rounds)
    weights = model.network_.get_layer("prediction").kernel.numpy()[:, 0] * model.target_scaler_.scale_[0]
    distance = (rows[list("abcd")] - background[list("abcd")].mean()).to_numpy()
    np.testing.assert_allclose(found.values, distance * weights, rtol=0, atol=1e-5 * np.abs(distance * weights).max())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_shares_meet_shapleys_axioms(data):
    """On random games: efficiency, symmetry, and nothing for a player who adds nothing."""
    n = data.draw(st.integers(2, 6))
    shares = shapley_shares(n)
    worth = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=2**n, max_size=2**n)))
    np.testing.assert_allclose((shares @ worth).sum(), worth[-1] - worth[0], atol=1e-9)
    numbers = np.arange(2**n)
    without_first = worth[numbers & ~1]
    np.testing.assert_allclose((shares @ without_first)[0], 0, atol=1e-9)
    swapped = (numbers & ~3) | ((numbers & 1) << 1) | ((numbers & 2) >> 1)
    symmetric = (worth + worth[swapped]) / 2
    values = shares @ symmetric
    np.testing.assert_allclose(values[0], values[1], atol=1e-9)


def by_hand(predict, row, background):
    """Shapley's formula as it is written: the mean gain over all orders, and over the background rows."""
    gains = np.zeros(len(row))
    for order in itertools.permutations(range(len(row))):
        known = background.copy()
        before = predict(known).mean()
        for player in order:
            known[:, player] = row[player]
            after = predict(known).mean()
            gains[player] += after - before
            before = after
    return gains / math.factorial(len(row))


@pytest.fixture(scope="module")
def small():
    """Return a network of four features, whose weights a test may set."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 4))
    return nbreg.Regressor(hidden=(5, 3), activation="gelu", epochs=1).fit(X, np.exp(X[:, 0])), X


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 3), n_background=st.integers(1, 6))
def test_random_networks_equal_the_formula_as_it_is_written(small, seed, scale, n_background):
    model, X = small
    rng = np.random.default_rng(seed)
    model.network_.set_weights([scale * rng.normal(size=w.shape) for w in model.network_.get_weights()])
    row, background = rng.normal(size=4), X[:n_background]
    exact = nbreg.explain(model, row[None], "shapley", background=background)
    spread = np.ptp(model.predict(X)) + 1e-6
    np.testing.assert_allclose(exact.values[0], by_hand(model.predict, row, background), rtol=0, atol=1e-5 * spread)
    sampled = nbreg.explain(model, row[None], "shapley", background=background, rounds=64)
    assert (np.abs(sampled.values - exact.values) <= 5 * sampled.standard_errors + 1e-6 * spread).all()


def test_any_function_is_explained_by_its_own_table(regressor, features):
    rows, background = features.head(6), features.tail(10)
    of_network = nbreg.explain(regressor, rows, "shapley", background=background)
    of_function = nbreg.explain(regressor.predict, rows, background=background)
    np.testing.assert_allclose(
        of_function.values, of_network.values, rtol=0, atol=1e-6 * np.ptp(of_network.predictions)
    )


def test_a_function_sees_tables_of_the_callers_kind(features):
    pl = pytest.importorskip("polars")
    seen = set()

    def predict(table):
        seen.add(type(table))
        return table["size"].to_numpy() * 2

    found = nbreg.explain(predict, pl.from_pandas(features.head(8)))
    assert seen == {pl.DataFrame}
    size = features["size"].head(8)
    np.testing.assert_allclose(found.values[:, 0], 2 * (size - size.mean()), rtol=1e-9)
    np.testing.assert_allclose(found.values[:, 1:], 0, atol=1e-9)


def test_points_of_a_function_name_rows(features):
    explained = AnyPredictor(lambda table: np.asarray(table["size"], float), features.columns)
    first, second = (explained.points(_frame(part)) for part in (features.head(3), features.tail(2)))
    np.testing.assert_array_equal(explained.predict(np.vstack([first, second]))[:, 0],
                                  [*features["size"].head(3), *features["size"].tail(2)])  # fmt: skip


def _frame(table):
    import narwhals as nw

    return nw.from_native(table)
