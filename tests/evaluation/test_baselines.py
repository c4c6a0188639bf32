"""Baselines against scikit-learn models put together here, and the cache."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.metrics import r2_score, root_mean_squared_error

from nbreg.evaluation import baselines
from nbreg.evaluation.baselines import OnceCache, baseline_evaluations, compute_baselines, digest, linear_baseline


@pytest.fixture
def alone(monkeypatch):
    """A cache of its own, and the baselines that were computed, by name."""
    calls = []
    compute = baselines._compute
    monkeypatch.setattr(baselines, "_CACHE", OnceCache(size=6))
    monkeypatch.setattr(baselines, "_compute", lambda name, data: calls.append(name) or compute(name, data))
    return calls


def rmse_of(data, which, predicted):
    observed = data.observed(which)
    return [root_mean_squared_error(observed[:, i], np.asarray(predicted)[:, i]) for i in range(observed.shape[1])]


def found_rmse(found, name, which):
    evaluation = found[name][which]
    return [evaluation.value("rmse", target) for target in evaluation.targets]


@pytest.mark.parametrize("target", ["price", ("price", "length")])
@pytest.mark.parametrize("which", ["validation", "test"])
def test_mean_is_the_plain_mean_of_train_rows(make_data, target, which):
    data = make_data(target=target, target_transform="yeo-johnson")
    dummy = DummyRegressor().fit(data.arrays("train")[0], data.observed("train"))
    predicted = dummy.predict(data.arrays(which)[0]).reshape(-1, len(data.target_names))
    assert_allclose(found_rmse(baseline_evaluations(data), "mean", which), rmse_of(data, which, predicted))


@pytest.mark.parametrize("target", ["price", ("price", "length")])
@pytest.mark.parametrize("which", ["validation", "test"])
def test_ridge_learns_from_one_hot_codes_and_scaled_targets(make_data, target, which):
    data = make_data(target=target)
    assert data.encoder.n_levels  # "many" is embedded

    def one_hot(X):
        n_numbers = data.encoder.n_inputs - 1
        return np.hstack([X[:, :n_numbers], np.eye(data.encoder.n_levels[0])[X[:, n_numbers].astype(int)]])

    X, y = data.arrays("train")
    models = [RidgeCV(np.logspace(-3, 3, 7)).fit(one_hot(X), each) for each in y.T]
    scaled = np.column_stack([model.predict(one_hot(data.arrays(which)[0])) for model in models])
    predicted = data.target_scaler.inverse_transform(scaled)
    assert_allclose(found_rmse(baseline_evaluations(data), "ridge", which), rmse_of(data, which, predicted), rtol=2e-3)


@pytest.mark.parametrize("target", ["price", ("price", "length")])
def test_trees_take_codes_as_categories_one_model_a_target(make_data, target):
    data = make_data(target=target, seed=3)
    X, y = data.arrays("train")
    last = data.encoder.n_inputs - 1
    models = [HistGradientBoostingRegressor(categorical_features=[last], random_state=3).fit(X, each) for each in y.T]
    scaled = np.column_stack([model.predict(data.arrays("test")[0]) for model in models])
    predicted = data.target_scaler.inverse_transform(scaled)
    assert_allclose(found_rmse(baseline_evaluations(data), "boosted trees", "test"), rmse_of(data, "test", predicted))


def test_categories_of_very_many_levels_are_numbers_to_trees(monkeypatch, make_data, alone):
    monkeypatch.setattr(baselines, "MOST_TREE_LEVELS", 5)
    data = make_data()
    X, y = data.arrays("train")
    model = HistGradientBoostingRegressor(random_state=0).fit(X, y[:, 0])
    predicted = data.target_scaler.inverse_transform(model.predict(data.arrays("test")[0])[:, None])
    assert_allclose(found_rmse(baseline_evaluations(data), "boosted trees", "test"), rmse_of(data, "test", predicted))


def test_on_a_nearly_linear_table_ridge_comes_to_what_least_squares_does(make_data):
    data = make_data(features=("x", "few"))
    X, y = data.arrays("train")
    scaled = LinearRegression().fit(X, y).predict(data.arrays("test")[0])
    expected = r2_score(data.observed("test"), data.target_scaler.inverse_transform(scaled))
    assert baseline_evaluations(data)["ridge"]["test"]["r2"] == pytest.approx(expected, abs=0.003)


def test_sets_without_rows_are_left_out(make_data):
    found = baseline_evaluations(make_data(validation_fraction=0))
    assert {name: list(of) for name, of in found.items()} == {
        "mean": ["test"],
        "ridge": ["test"],
        "boosted trees": ["test"],
    }


def test_big_tables_are_cut_and_it_says_so(make_data, monkeypatch, alone):
    monkeypatch.setattr(baselines, "MOST_ROWS", 100)
    found = compute_baselines(make_data())
    n_train = make_data().n_rows("train")
    assert found.notes == (f"Ridge and boosted trees learned from 100 of the {n_train} train rows.",)
    assert found.evaluations["ridge"]["test"]["r2"] > 0.5


def test_one_table_and_split_is_computed_once(make_data, alone):
    first, again = baseline_evaluations(make_data()), baseline_evaluations(make_data())
    assert all(first[name] is again[name] for name in first)
    assert alone == ["mean", "ridge", "boosted trees"]
    baseline_evaluations(make_data(seed=1))
    assert len(alone) == 6


def test_the_linear_one_is_had_without_the_trees(make_data, alone):
    found = linear_baseline(make_data())
    assert alone == ["ridge"]
    assert baseline_evaluations(make_data())["ridge"] is found


def test_many_threads_compute_once(make_data, alone):
    data = make_data()
    barrier = threading.Barrier(4)

    def ask(_):
        barrier.wait()
        return baseline_evaluations(data)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(ask, range(4)))
    assert all(result[name] is results[0][name] for result in results for name in result)
    assert len(alone) == 3


def test_the_cache_is_bounded_and_forgets_failures():
    cache, calls = OnceCache(size=2), []

    def compute(name):
        calls.append(name)
        if name == "bad" and calls.count("bad") == 1:
            raise RuntimeError("no")
        return name

    for name in "abca":
        cache.get(name, lambda name=name: compute(name))
    assert calls == ["a", "b", "c", "a"]
    with pytest.raises(RuntimeError):
        cache.get("bad", lambda: compute("bad"))
    assert cache.get("bad", lambda: compute("bad")) == "bad"


def test_the_digest_tells_tables_splits_and_seeds_apart(make_data):
    assert digest(make_data()) == digest(make_data())
    others = [make_data(seed=1), make_data(n_rows=401), make_data(test_fraction=0.3), make_data(target="length")]
    assert len({digest(data) for data in [make_data(), *others]}) == 5
