"""Methods of gradients: exact on linear networks, as defined on others, in target units."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

import nbreg
from nbreg.errors import OptionError
from nbreg.explanation.effort import Effort
from nbreg.explanation.explain import explanation_choices, subject_and_material, task_of
from nbreg.explanation.method import METHODS

ADDITIVE = [name for name in METHODS if METHODS[name].kind == "additive"]
GRADIENTS = [name for name in METHODS if METHODS[name].needs_gradient]


@pytest.fixture(scope="module")
def table():
    """Return 300 rows of numbers and a category of five levels, with two targets."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300, 3)) * [1, 10, 0.1], columns=["a", "b", "c"])
    frame["kind"] = rng.choice(list("pqrst"), 300)
    frame["y"] = 2 * frame.a * frame.b + 1000 * frame.c + frame.kind.map(dict(zip("pqrst", range(5), strict=True)))
    frame["z"] = frame.a - frame.b
    return frame


def fitted(table, target="y", **choices):
    return nbreg.fit(table, target=target, **{"epochs": 1, "target_transform": "none", **choices})


@pytest.fixture(scope="module")
def bent(table):
    """Return a network of two targets with smooth activations."""
    return fitted(table, ("y", "z"), hidden=(8, 6), activation="tanh", epochs=4)


@pytest.mark.parametrize("embed_above", [2, 50], ids=["embedded", "one-hot"])
@pytest.mark.parametrize("method", ADDITIVE)
def test_additive_methods_are_exact_on_a_linear_network(table, method, embed_above):
    linear = fitted(table, ("y", "z"), network="perceptron", embed_above=embed_above)
    features = table.drop(columns=["y", "z"])
    rows, background = features.head(30), features.tail(40)
    found = nbreg.explain(linear, rows, method, background=background)
    # A linear network is a sum over features: one after the other, all rows get the feature of the others.
    effects = [
        linear.predict(rows)[:, None] - linear.predict(_crossed(rows, background, name)).reshape(30, 40, 2)
        for name in features
    ]
    expected = np.stack([each.mean(axis=1) for each in effects], axis=1)
    tolerance = 1e-5 * np.ptp(linear.predict(features), axis=0)
    assert np.abs(expected).max(axis=(0, 1)).min() > tolerance.max()
    np.testing.assert_array_less(np.abs(found.values - expected), np.broadcast_to(tolerance, expected.shape))
    base = linear.predict(background).mean(axis=0)
    np.testing.assert_allclose(found.base_values, np.tile(base, (30, 1)), rtol=0, atol=tolerance.min())
    assert found.completeness_gap < 1e-5


def _crossed(rows, background, name):
    """Return each row once for every background row, with that row's value of one feature."""
    crossed = rows.loc[rows.index.repeat(len(background))].reset_index(drop=True)
    crossed[name] = np.tile(background[name].to_numpy(), len(rows))
    return crossed


@pytest.mark.parametrize("method", ["expected_gradients", "integrated_gradients", "gradient_x_input", "smooth_grad"])
def test_values_are_those_of_the_definition(bent, table, method):
    task = _task(bent, table.head(6), table.tail(20))
    gradient = _gradients_by_differences(task.explained)
    baseline = task.background.mean(axis=0, keepdims=True)
    if method == "expected_gradients":
        starts, places = task.background, np.polynomial.legendre.leggauss(5)
    else:
        starts, places = baseline, np.polynomial.legendre.leggauss(50)
    if method in ("expected_gradients", "integrated_gradients"):
        nodes, weights = (places[0] + 1) / 2, places[1] / 2
    else:
        nodes, weights = [1.0], [1.0]  # at the row itself
    expected = np.zeros((6, task.points.shape[1], 2))
    for start in starts:
        way = task.points - start
        mean = sum(weight * gradient(start + node * way) for node, weight in zip(nodes, weights, strict=True))
        expected += mean * way[:, :, None] / len(starts)
    expected = np.einsum("nct,cp->npt", expected, task.explained.players.membership)
    found = METHODS[method]().attribute(task)
    # Noise of a tenth of the spread hardly moves a smooth gradient; by how much is in the standard errors.
    tolerance = 5 * found.standard_errors + 0.05 * np.abs(expected).max(axis=(0, 1)) if method == "smooth_grad" else 0
    scale = np.ptp(task.explained.predict(task.background), axis=0)
    assert (np.abs(found.values - expected) <= tolerance + 1e-4 * scale).all()
    assert np.abs(expected).max() > 0.1 * scale.min()


def _task(regressor, rows, background, **options):
    spec, table = explanation_choices("auto", background, options)
    explained, material = subject_and_material(regressor, rows, spec, table)
    return task_of(explained, material, spec, Effort())


def _gradients_by_differences(explained):
    """Return a function from points to central differences of the network in float64, ``(n, columns, targets)``."""
    weights = [np.asarray(each, np.float64) for each in explained.network.get_weights()]
    scaler = explained.regressor.target_scaler_

    def predict(points):
        values = np.asarray(points, np.float64)
        for i in range(0, len(weights), 2):
            values = values @ weights[i] + weights[i + 1]
            values = np.tanh(values) if i + 2 < len(weights) else values
        return values * scaler.scale_ + scaler.mean_

    def gradients(points):
        steps = 1e-5 * np.eye(points.shape[1])
        return np.stack([(predict(points + step) - predict(points - step)) / 2e-5 for step in steps], axis=1)

    return gradients


def test_saliency_is_the_gradient_per_standard_deviation(bent, table):
    task = _task(bent, table.head(7), table.tail(25))
    scaled = _gradients_by_differences(task.explained)(task.points) * task.background.std(axis=0)[:, None]
    found = METHODS["saliency"]().attribute(task)
    for player, positions in enumerate(task.explained.players.positions):
        expected = np.linalg.norm(scaled[:, list(positions)], axis=1)
        np.testing.assert_allclose(found.values[:, player], expected, rtol=2e-4)
    explanation = nbreg.explain(bent, table.head(7), "saliency", background=table.tail(25))
    assert explanation.kind == "sensitivity"
    assert explanation.base_values is None
    assert explanation.completeness_gap is None


def test_expected_gradients_near_shapley_values_and_complete(bent, table):
    exact = nbreg.explain(bent, table.head(20), "shapley", background=table.tail(30))
    found = nbreg.explain(bent, table.head(20), "expected_gradients", background=table.tail(30))
    assert found.completeness_gap < 1e-3  # tanh has no kinks
    assert np.abs(found.values - exact.values).mean() < 0.2 * np.abs(exact.values).mean()
    np.testing.assert_allclose(found.base_values, exact.base_values, rtol=1e-9)


def test_groups_add_up_in_additive_methods(bent, table):
    rows, background = table.head(10), table.tail(20)
    single = nbreg.explain(bent, rows, "expected_gradients", background=background)
    together = nbreg.explain(bent, rows, "expected_gradients", background=background, group=["a,kind"])
    at = [single.feature_names.index(name) for name in ("a", "kind")]
    of_group = together.values[:, together.feature_names.index("a + kind")]
    np.testing.assert_allclose(of_group, single.values[:, at].sum(axis=1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("transform", ["log", "yeo-johnson"])
def test_a_target_transform_is_inside_the_explained_function(table, transform):
    positive = table.drop(columns="z").assign(y=np.exp(table.a + table.c))
    regressor = fitted(positive, hidden=(6,), activation="silu", epochs=4, target_transform=transform)
    found = nbreg.explain(regressor, positive.head(30), "expected_gradients", background=50)
    assert found.completeness_gap < 0.02
    np.testing.assert_allclose(found.predictions, regressor.predict(positive.head(30)), rtol=1e-5)


def test_recurrent_networks_have_expected_gradients(table, monkeypatch):
    own = [layers.Reshape((-1, 1)), layers.LSTM(3)]
    regressor = fitted(table.drop(columns="z"), layers=own)
    in_graph = nbreg.explain(regressor, table.head(12), "expected_gradients", background=30)
    assert in_graph.completeness_gap < 1e-3
    monkeypatch.setattr("nbreg.explanation.network.XLA_FROM", 1)
    by_xla = nbreg.explain(regressor, table.head(12), "expected_gradients", background=30)
    np.testing.assert_allclose(by_xla.values, in_graph.values, atol=1e-5 * np.ptp(in_graph.predictions))


def test_backgrounds_beyond_a_step_are_taken_in_parts(bent, table, monkeypatch):
    names = [name for name in GRADIENTS if name != "smooth_grad"]  # which draws anew for steps of another size
    whole = [nbreg.explain(bent, table.head(9), name, background=table.tail(50)).values for name in names]
    monkeypatch.setattr("nbreg.explanation.network.ROWS_A_STEP", 100)  # 20 pairs of 5 nodes
    monkeypatch.setattr("nbreg.explanation.methods.deep_shap.ROWS_A_PAIR", 5)
    parts = [nbreg.explain(bent, table.head(9), name, background=table.tail(50)).values for name in names]
    for name, one, other in zip(names, whole, parts, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4, err_msg=name)


#: What gives each method steps of 32 rows, against 20 background rows.
SMALL_STEPS = {
    "deep_shap": ("network.ROWS_A_STEP", 32 * 20 * 2),
    "expected_gradients": ("network.ROWS_A_STEP", 32 * 20 * 5),
    "integrated_gradients": ("network.ROWS_A_STEP", 32 * 50),
    "gradient_x_input": ("network.ROWS_A_STEP", 32),
    "smooth_grad": ("network.ROWS_A_STEP", 32 * 50),
    "saliency": ("network.ROWS_A_STEP", 32),
}


@pytest.mark.parametrize("method", GRADIENTS)
def test_stopped_early_it_keeps_the_rows_done(bent, table, method, monkeypatch):
    whole = nbreg.explain(bent, table, method, background=20)
    place, size = SMALL_STEPS[method]
    monkeypatch.setattr(f"nbreg.explanation.{place}", size)
    part = nbreg.explain(bent, table, method, background=20, budget=1e-9)
    assert len(part) == 32
    assert "Stopped" in part.notices[0]
    if method != "smooth_grad":  # which draws anew for steps of another size
        np.testing.assert_allclose(part.values, whole.values[: len(part)], rtol=1e-4, atol=1e-3)


def test_smooth_grad_draws_by_its_seed_and_says_how_sure_it_is(table):
    regressor = fitted(table.drop(columns="z"), hidden=(8,), epochs=4)  # relu: gradients jump
    rows, background = table.head(40), table.tail(30)

    def drawn(**options):
        return nbreg.explain(regressor, rows, "smooth_grad", background=background, **options)

    np.testing.assert_array_equal(drawn(seed=3).values, drawn(seed=3).values)
    other, many = drawn(seed=1, rounds=20), drawn(rounds=2000)
    apart, sure = other.values - many.values, other.standard_errors
    is_drawn = sure > 1e-6 * np.ptp(other.predictions)
    assert is_drawn.any()
    assert (np.abs(apart) <= 4 * sure)[is_drawn].mean() > 0.95
    assert "20 noisy copies" in other.words


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    activation=st.sampled_from(["tanh", "sigmoid", "gelu", "silu"]),
    scale=st.floats(0.05, 0.5),
)
def test_random_smooth_networks_are_explained_nearly_completely(small, seed, activation, scale):
    regressor, table = small[activation]
    rng = np.random.default_rng(seed)
    shapes = [each.shape for each in regressor.network_.get_weights()]
    regressor.network_.set_weights([scale * rng.normal(size=shape) for shape in shapes])
    found = nbreg.explain(regressor, table.head(8), "expected_gradients", background=table.tail(10))
    # Five nodes integrate well what is smooth between two rows; steep networks would need more.
    assert found.completeness_gap < 0.05


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"]).assign(y=rng.normal(size=60))
    return {
        name: (fitted(table, hidden=(5, 4), activation=name), table) for name in ("tanh", "sigmoid", "gelu", "silu")
    }


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_function_has_no_gradients_and_is_told_what_can_be_had(table, method):
    with pytest.raises(OptionError, match="this is a function: take shapley"):
        nbreg.explain(lambda frame: frame["a"], table[["a", "b"]].head(), method)
