"""The joint heads gaussian and mixture: their losses against scipy, and what they learn against the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

import nbreg
from nbreg.errors import OptionError
from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.cholesky import FLOOR, covariances, n_slopes
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.mixture_outputs import MixtureLikelihood, gaussians_of
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras
from nbreg.training.range_test import _limits

keras = import_keras()

JOINT = ("gaussian", "mixture")
N_ROWS = 30


def outputs_of(n_targets: int, n_components: int, seed: int = 0) -> np.ndarray:
    """Return made-up outputs ``(n_rows, n_outputs)``."""
    rng = np.random.default_rng(seed)
    mixture = n_components > 1
    parts = [
        rng.normal(size=(N_ROWS, n_targets)),
        rng.normal(size=(N_ROWS, n_components * (1 + n_targets) * mixture)),
        rng.uniform(0.2, 2, size=(N_ROWS, n_components * n_targets)),
        rng.normal(size=(N_ROWS, n_components * n_slopes(n_targets))),
    ]
    return np.hstack(parts).astype(np.float32)


def scipys_log_densities(outputs: np.ndarray, y: np.ndarray, n_components: int) -> np.ndarray:
    """Return the log density of the known targets of each row; 0 where none is."""
    found = gaussians_of(outputs, y.shape[1], n_components)
    densities = np.ones(len(y))
    for row, values in enumerate(y):
        known = np.flatnonzero(~np.isnan(values))
        if len(known):
            densities[row] = sum(
                weight * multivariate_normal(mean[known], covariance[np.ix_(known, known)]).pdf(values[known])
                for weight, mean, covariance in zip(
                    found.weights[row], found.means[row], found.covariances[row], strict=True
                )
            )
    return np.log(densities)


@pytest.mark.parametrize("n_targets", [1, 2, 4])
@pytest.mark.parametrize("n_components", [1, 3])
class TestLoss:
    def test_is_the_negative_log_density_of_scipy(self, n_targets, n_components):
        outputs, y = outputs_of(n_targets, n_components), np.random.default_rng(1).normal(size=(N_ROWS, n_targets))
        expected = -scipys_log_densities(outputs, y, n_components)
        for has_gaps in (False, True):
            loss = MixtureLikelihood(n_components, has_gaps).make()
            assert_allclose(loss.call(keras.ops.cast(y, "float32"), outputs), expected, rtol=2e-4, atol=2e-4)

    def test_of_missing_targets_is_that_of_the_others(self, n_targets, n_components):
        import tensorflow as tf

        rng = np.random.default_rng(2)
        outputs, y = outputs_of(n_targets, n_components), rng.normal(size=(N_ROWS, n_targets))
        y[rng.random(y.shape) < 0.4] = np.nan
        y[0] = np.nan
        loss = MixtureLikelihood(n_components, has_gaps=True).make()
        variable = tf.Variable(outputs)
        with tf.GradientTape() as tape:
            found = loss.call(tf.constant(y, tf.float32), variable)
        assert_allclose(found, -scipys_log_densities(outputs, y, n_components), rtol=2e-4, atol=2e-4)
        gradient = tape.gradient(found, variable).numpy()
        assert np.isfinite(gradient).all()
        assert_allclose(gradient[0], 0, atol=1e-6)  # of a row without any target
        assert gradient[1:].any()

    def test_comes_back_from_its_configuration(self, n_targets, n_components):
        loss = MixtureLikelihood(n_components, has_gaps=True).make()
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        assert again.get_config() == loss.get_config()


def test_the_gradient_of_the_means_is_the_residual_over_its_variance_times_the_rows_weight():
    """Of one target: that of the plain likelihood is ``-r / s^2``, and Seitzer's weight, with beta 0.5, is ``s``."""
    import tensorflow as tf

    mean, spread, y = np.array([0.5, -1.0, 2.0]), np.array([0.1, 1.0, 3.0]), np.array([1.0, 1.0, 1.0])
    outputs = tf.Variable(np.column_stack([mean, spread - FLOOR]).astype(np.float32))
    with tf.GradientTape() as tape:
        found = tf.reduce_sum(MixtureLikelihood().make().call(tf.constant(y[:, None], tf.float32), outputs))
    assert_allclose(tape.gradient(found, outputs)[:, 0], -(y - mean) / spread, rtol=1e-4)


def test_any_spreads_and_slopes_are_a_covariance_and_the_other_way_round():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T
    slopes, spreads = [], [np.sqrt(covariance[0, 0])]
    for i in range(1, 5):  # the regressions of each target on those before it
        slope = np.linalg.solve(covariance[:i, :i], covariance[:i, i])
        slopes += slope.tolist()
        spreads.append(np.sqrt(covariance[i, i] - slope @ covariance[:i, i]))
    assert_allclose(covariances(np.array(spreads), np.array(slopes)), covariance, rtol=1e-8)


@pytest.mark.parametrize("joint", JOINT)
@pytest.mark.parametrize("n_targets", [1, 3])
class TestHead:
    def blueprint(self, joint):
        return Blueprint.of({"joint": joint, "hidden": (8,)})

    def test_begins_as_spread_and_uncorrelated_as_scaled_targets_are(self, joint, n_targets):
        network = self.blueprint(joint).build(Inputs(4), Targets(n_targets), seed=0)
        x = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
        found = self.blueprint(joint).distribution(predict_rows(network, x), n_targets)
        identity = np.broadcast_to(np.eye(n_targets), found.covariances.shape)
        assert_allclose(found.covariances, identity, atol=1e-5)

    def test_the_first_outputs_are_the_mean(self, joint, n_targets):
        network = self.blueprint(joint).build(Inputs(4), Targets(n_targets), seed=0)
        rng = np.random.default_rng(0)
        network.set_weights([rng.normal(size=weights.shape) for weights in network.get_weights()])
        outputs = predict_rows(network, rng.normal(size=(10, 4)).astype(np.float32))
        found = self.blueprint(joint).distribution(outputs, n_targets)
        assert_allclose(found.mean, outputs[:, :n_targets], rtol=1e-4, atol=1e-4)

    def test_saves_and_loads_in_safe_mode(self, joint, n_targets, tmp_path):
        network = self.blueprint(joint).build(Inputs(4), Targets(n_targets), seed=0)
        network.save(tmp_path / "network.keras")
        loaded = keras.saving.load_model(tmp_path / "network.keras")
        x = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
        assert np.array_equal(predict_rows(network, x), predict_rows(loaded, x))


@pytest.mark.parametrize("joint", JOINT)
@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) & {"mlp", "perceptron"}))
def test_bounds_hold_for_the_mean(joint, architecture):
    targets = Targets(2, ("u", "v"), bounds=((-0.5, 0.5), (0.0, None)))
    blueprint = Blueprint.of({"joint": joint, "network": architecture})
    network = blueprint.build(Inputs(3), targets, seed=0)
    x = 100 * np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    mean = predict_rows(network, x)[:, :2]
    assert (np.abs(mean[:, 0]) <= 0.5 + 1e-6).all()
    assert (mean[:, 1] >= -1e-6).all()


def test_a_loss_beside_a_joint_head_is_refused():
    table = linear_table(40)
    with pytest.raises(OptionError, match="joint=gaussian is trained by the likelihood"):
        nbreg.fit(table, target=["u", "v"], joint="gaussian", loss="mae")
    with pytest.raises(OptionError, match="joint=mixture is a head of its own"):
        nbreg.fit(table, target=["u", "v"], joint="mixture", heads="separate")
    with pytest.raises(OptionError, match="components"):
        nbreg.fit(table, target=["u", "v"], joint="gaussian", components=5)


def test_a_range_test_ends_where_a_negative_loss_runs_away():
    positive, negative = np.array([1.0, 0.5, 0.25]), np.array([2.0, -1.0, -3.0])
    assert_allclose(_limits(positive), 4 * positive)
    assert (_limits(negative) > negative).all()
    assert_allclose(_limits(negative)[-1], -3 + 3 * 6)


# What is learned

NOISE = np.array([[1.0, 0.8], [0.8, 1.0]])


def linear_table(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Two targets that are linear in three features, with noise of standard deviation 1 and correlation 0.8."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=list("abc"))
    noise = rng.multivariate_normal([0, 0], NOISE, size=n_rows)
    table["u"] = table["a"] + 2 * table["b"] + noise[:, 0]
    table["v"] = table["a"] - table["c"] + noise[:, 1]
    return table


@pytest.fixture(scope="module", params=["graph", "xla"])
def linear(request):
    return nbreg.fit(
        linear_table(2_000), target=["u", "v"], joint="gaussian", network="perceptron", epochs=40, engine=request.param
    )


class TestLinearNormalTruth:
    def test_the_correlation_is_found(self, linear):
        assert linear.run_.engine == linear.engine
        found = linear.predict_joint(linear_table(500, seed=1))
        assert_allclose(found.correlation[:, 0, 1].mean(), 0.8, atol=0.05)
        assert_allclose(found.deviation.mean(axis=0), 1, atol=0.08)

    def test_its_likelihood_is_nearly_that_of_the_truth(self, linear):
        table = linear_table(4_000, seed=1)
        truth = np.column_stack([table["a"] + 2 * table["b"], table["a"] - table["c"]])
        best = multivariate_normal([0, 0], NOISE).logpdf(table[["u", "v"]] - truth).mean()
        found = linear.predict_joint(table).log_density(table).mean()
        assert best - 0.05 < found <= best + 0.01

    def test_to_know_one_target_takes_as_much_from_the_others_variance_as_it_should(self, linear):
        table = linear_table(4_000, seed=1)
        whole = linear.predict_joint(table)
        given = whole.given(u=table["u"])
        assert given.target_names == ("v",)
        assert_allclose((given.covariance[:, 0, 0] / whole.covariance[:, 1, 1]).mean(), 1 - 0.8**2, atol=0.06)
        before = np.mean((table["v"] - whole.mean[:, 1]) ** 2)
        after = np.mean((table["v"] - given.mean[:, 0]) ** 2)
        assert_allclose(after / before, 1 - 0.8**2, atol=0.05)

    def test_intervals_hold_as_many_rows_as_they_say(self, linear):
        table = linear_table(4_000, seed=1)
        lower, upper = linear.predict_joint(table).interval(0.8)
        observed = table[["u", "v"]].to_numpy()
        assert_allclose(((lower < observed) & (observed < upper)).mean(axis=0), 0.8, atol=0.03)

    def test_the_training_is_told_as_what_it_is(self, linear):
        assert "negative log likelihood" in linear.training_.words()
        assert "joint normal distribution" in linear.words()


def test_missing_targets_are_learned_around():
    table = linear_table(1_500)
    rng = np.random.default_rng(5)
    y = table[["u", "v"]].to_numpy()
    y[rng.random(y.shape) < 0.3] = np.nan
    kept = ~np.isnan(y).all(axis=1)
    x, y = table[["a", "b", "c"]].to_numpy()[kept].astype(np.float32), y[kept].astype(np.float32)
    blueprint = Blueprint.of({"joint": "gaussian", "network": "perceptron"})
    network = blueprint.build(Inputs(3), Targets(2), seed=0)
    network.compile(keras.optimizers.Adam(0.03), blueprint.objective("mse", x, y, has_gaps=True).make())
    network.fit(x, y, epochs=15, batch_size=50, verbose=0)
    found = blueprint.distribution(predict_rows(network, x), 2)
    assert_allclose(found.correlation[:, 0, 1].mean(), 0.8, atol=0.07)
    truth = x @ np.array([[1, 1], [2, 0], [0, -1]])
    assert np.sqrt(np.mean((found.mean - truth) ** 2)) < 0.25  # the noise has 1, the truth 1.9


def test_a_mixture_finds_two_modes_where_a_normal_distribution_finds_none():
    """A pair of targets lies at ``+(1, 1)`` or ``-(1, 1)`` times 3, by chance that grows with a feature."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(-2, 2, size=(1_500, 2)), columns=list("ab"))
    side = np.where(rng.random(1_500) < 1 / (1 + np.exp(-table["a"])), 3, -3)
    table["u"], table["v"] = side + 0.5 * rng.normal(size=(2, 1_500))
    train, test = table[:1_000], table[1_000:]
    choices = {"target": ["u", "v"], "hidden": (16,), "epochs": 40, "test_fraction": 0.0}
    gaussian, mixture = (nbreg.fit(train, joint=joint, **choices) for joint in JOINT)
    density = {each.joint: each.predict_joint(test).log_density(test).mean() for each in (gaussian, mixture)}
    assert density["mixture"] > density["gaussian"] + 0.5
    draws = mixture.predict_joint(test).sample(100).reshape(-1, 2)
    near = (np.abs(np.abs(draws) - 3) < 1).all(axis=1)
    assert near.mean() > 0.75  # of the truth: 0.91; of a normal distribution with its moments: less than 0.25
    assert_allclose((draws[:, 0] > 0).mean(), (test["u"] > 0).mean(), atol=0.1)
    # To know one target is to know which mode it is.
    given = mixture.predict_joint(test).given(u=test["u"]).mean[:, 0]
    assert np.mean((given - test["v"]) ** 2) < 0.5


@pytest.mark.parametrize("joint", JOINT)
def test_few_rows_train_without_running_away(joint):
    found = nbreg.fit(linear_table(25), target=["u", "v"], joint=joint, epochs=60, patience=0)
    assert np.isfinite(found.predict_joint(linear_table(25)).log_density(linear_table(25))).all()


@pytest.mark.parametrize("joint", JOINT)
def test_works_as_a_scikit_learn_estimator_and_explains(joint):
    from sklearn.base import clone

    table = linear_table(120)
    estimator = clone(nbreg.Regressor(joint=joint, epochs=2, hidden=(6,)))
    estimator.fit(table[["a", "b", "c"]], table[["u", "v"]])
    assert estimator.predict(table[["a", "b", "c"]]).shape == (120, 2)
    why = nbreg.explain(estimator, table[["a", "b", "c"]][:5], method="integrated_gradients", background=table[:20])
    assert why.values.shape == (5, 3, 2)
    assert_allclose(why.values.sum(axis=1) + why.base_values, why.predictions, atol=1e-2)
