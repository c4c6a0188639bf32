"""The Gaussian-process head agrees with exact Gaussian processes, and knows what it does not know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

import nbreg
from nbreg.errors import OptionError
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.coregionalisation import checked_posterior, likeliest_posterior, posterior
from nbreg.networks.forward import predict_rows
from nbreg.networks.heads.gp import GaussianProcess
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.perceptron import Perceptron
from nbreg.networks.targets import Targets
from nbreg.networks.variance_components import Directions, Moments
from nbreg.regressor import Regressor
from nbreg.training.quiet import import_keras

keras = import_keras()

SIGNAL = np.array([[1.0, 0.7, -0.2], [0.7, 0.9, 0.1], [-0.2, 0.1, 0.5]])
NOISE = np.array([[0.10, 0.02, 0.05], [0.02, 0.01, 0.00], [0.05, 0.00, 0.30]])


def drawn(n_rows: int, n_features: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and targets from the model itself."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n_rows, n_features)) * np.geomspace(1, 0.05, n_features)
    weights = rng.multivariate_normal(np.zeros(3), SIGNAL, n_features)
    return features, features @ weights + rng.multivariate_normal(np.zeros(3), NOISE, n_rows)


def wave(n_rows: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return one input within (-1, 1) and two scaled targets, float32."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n_rows, 1))
    y = np.hstack([np.sin(4 * x), np.sin(4 * x) + x]) + rng.normal(0, 0.1, (n_rows, 2))
    return x.astype(np.float32), ((y - y.mean(0)) / y.std(0)).astype(np.float32)


def settled(x, y, head=None, architecture=None):
    head = head or GaussianProcess(fourier_features=512)
    network = Blueprint(architecture or Perceptron(), head).build(Inputs(x.shape[1]), Targets(y.shape[1]), seed=0)
    head.settle(network, x, y)
    return network, head


def told(network, head, x, n_targets=2):
    return head.distribution(predict_rows(network, np.asarray(x, np.float32)), n_targets)


class TestPosterior:
    """Against the formulas for all targets of all rows in one long vector, where nothing is separated."""

    def test_is_that_of_the_stacked_model(self):
        features, targets = drawn(30, 5)
        found = posterior(Moments.of([(features, targets)]), SIGNAL, NOISE)
        design = np.kron(features, np.eye(3))  # (rows x targets, features x targets)
        precision = (
            np.linalg.inv(np.kron(np.eye(5), SIGNAL)) + design.T @ np.kron(np.eye(30), np.linalg.inv(NOISE)) @ design
        )
        covariance = np.linalg.inv(precision)
        mean = covariance @ design.T @ np.kron(np.eye(30), np.linalg.inv(NOISE)) @ targets.ravel()
        np.testing.assert_allclose(found.weights, mean.reshape(5, 3), rtol=1e-7, atol=1e-9)
        new = np.random.default_rng(1).standard_normal((4, 5))
        across = np.kron(new, np.eye(3)) @ covariance @ np.kron(new, np.eye(3)).T
        expected = [across[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] + NOISE for i in range(4)]
        np.testing.assert_allclose(found.covariance(new), expected, rtol=1e-7, atol=1e-10)
        y = np.random.default_rng(2).standard_normal((4, 3))
        densities = [
            multivariate_normal(mean, covariance).logpdf(row)
            for row, mean, covariance in zip(y, new @ found.weights, expected, strict=True)
        ]
        assert found.log_density(new, y) == pytest.approx(np.mean(densities), rel=1e-8)

    @pytest.mark.parametrize(("n_rows", "n_features"), [(40, 6), (8, 12)], ids=["many rows", "more features than rows"])
    def test_log_likelihood_is_that_of_the_stacked_model(self, n_rows, n_features):
        features, targets = drawn(n_rows, n_features)
        covariance = np.kron(features @ features.T, SIGNAL) + np.kron(np.eye(n_rows), NOISE)
        expected = multivariate_normal(np.zeros(3 * n_rows), covariance).logpdf(targets.ravel())
        found = Directions.of(Moments.of([(features, targets)])).log_likelihood(SIGNAL, NOISE)
        assert found == pytest.approx(expected, rel=1e-8)

    def test_finds_covariances_likelier_than_the_true_ones_and_near_them(self):
        features, targets = drawn(2000, 300)
        directions = Directions.of(Moments.of([(features, targets)]))
        signal, noise = directions.likeliest()
        assert directions.log_likelihood(signal, noise) > directions.log_likelihood(SIGNAL, NOISE)
        np.testing.assert_allclose(noise, NOISE, atol=0.03)
        np.testing.assert_allclose(signal, SIGNAL, atol=0.2)

    def test_parts_of_rows_add_up(self):
        features, targets = drawn(50, 6)
        whole = likeliest_posterior(Moments.of([(features, targets)]))[0]
        parted = likeliest_posterior(Moments.of([(features[:20], targets[:20]), (features[20:], targets[20:])]))[0]
        np.testing.assert_allclose(parted.weights, whole.weights, rtol=1e-6)

    def test_held_out_rows_tell_of_noise_that_train_rows_hide(self):
        rng = np.random.default_rng(0)
        noise = rng.normal(0, 0.5, (120, 2))
        features = rng.standard_normal((120, 4))
        targets = features @ rng.standard_normal((4, 2)) + noise
        knowing = features + 0.9 * noise @ rng.standard_normal((2, 4))  # as learned features, which have seen the noise
        held_out = rng.standard_normal((200, 4))
        of_held_out = held_out @ np.linalg.lstsq(knowing, targets, rcond=None)[0] + rng.normal(0, 1.0, (200, 2))
        moments = Moments.of([(knowing, targets)])
        checked, density = checked_posterior(moments, held_out, of_held_out)
        hidden, _ = likeliest_posterior(moments)
        assert density == checked.log_density(held_out, of_held_out) > hidden.log_density(held_out, of_held_out) + 0.1


@pytest.fixture(scope="module")
def exact():
    """One-dimensional rows, our settled network, and scikit-learn's process of the same kernel."""
    x, y = wave()
    network, head = settled(x, y[:, :1])
    lengthscale = float(np.exp(network.get_layer("fourier_features").log_lengthscale.numpy()))
    far = told(network, head, [[1e4]], 1).covariance[0, 0, 0]  # signal and noise
    fourier = keras.Model(network.input, network.get_layer("fourier_features").output)(x).numpy()
    _, noise = Directions.of(Moments.of([(fourier.astype(float), y[:, :1].astype(float))])).likeliest()
    kernel = ConstantKernel(far - noise[0, 0]) * RBF(lengthscale) + WhiteKernel(noise[0, 0])
    process = GaussianProcessRegressor(kernel, optimizer=None).fit(x, y[:, 0])
    return network, head, process


class TestAgainstScikitLearn:
    def test_predictions_and_spread_agree(self, exact):
        network, head, process = exact
        x = np.linspace(-1, 1, 50)[:, None]
        ours = told(network, head, x, 1)
        mean, deviation = process.predict(x, return_std=True)
        np.testing.assert_allclose(ours.mean[:, 0], mean, atol=0.03)
        np.testing.assert_allclose(np.sqrt(ours.covariance[:, 0, 0]), deviation, rtol=0.05)

    def test_lengthscale_and_noise_are_about_what_scikit_learn_finds(self, exact):
        _, _, process = exact
        x, y = wave()
        free = GaussianProcessRegressor(process.kernel, n_restarts_optimizer=0).fit(x, y[:, 0])
        ours = process.log_marginal_likelihood(process.kernel_.theta)
        assert ours > free.log_marginal_likelihood_value_ - 2  # of some 60


class TestHead:
    def test_spread_grows_away_from_the_data_to_that_of_the_targets(self):
        x, y = wave()
        network, head = settled(x, y)
        near, away, far = (told(network, head, [[at]]).covariance[0] for at in (0.0, 1.6, 50.0))
        assert (np.diag(near) < np.diag(away)).all()
        assert (np.diag(away) < np.diag(far)).all()
        np.testing.assert_allclose(np.sqrt(np.diag(near)), 0.14, atol=0.04)
        assert (np.diag(far) > 0.5).all()

    def test_targets_that_go_together_are_found_to(self):
        x, y = wave()
        network, head = settled(x, y)
        assert told(network, head, [[30.0]]).correlation[0, 0, 1] > 0.8  # the signals' correlation
        assert abs(told(network, head, [[0.0]]).correlation[0, 0, 1]) < 0.5  # the noise's is none

    def test_outputs_are_finite_and_covariances_proper_before_it_is_settled(self):
        head = GaussianProcess()
        network = Blueprint(Mlp(), head).build(Inputs(4), Targets(3), seed=0)
        x = np.random.default_rng(0).standard_normal((10, 4)) * 100
        found = told(network, head, x, 3)
        assert np.isfinite(found.mean).all()
        assert (np.linalg.eigvalsh(found.covariance) > 0).all()

    @pytest.mark.parametrize("n_rows", [3, 40])
    def test_few_rows_are_enough(self, n_rows):
        x, y = wave(n_rows)
        network, head = settled(x, y, GaussianProcess(fourier_features=64), Mlp(hidden=(8,)))
        found = told(network, head, x)
        assert np.isfinite(found.log_density(y)).all()


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(-2, 2, (400, 2)), columns=["a", "b"])
    noise = rng.multivariate_normal([0, 0], [[0.04, 0.03], [0.03, 0.04]], 400)
    table["y"] = np.sin(2 * table.a) * table.b + noise[:, 0]
    table["z"] = np.sin(2 * table.a) - table.b + noise[:, 1]
    return table


@pytest.fixture(scope="module")
def regressor(table):
    return nbreg.fit(table[:300], target=["y", "z"], joint="gp", hidden=(32,), epochs=60, seed=0)


class TestTrained:
    def test_new_rows_are_as_likely_as_the_spread_says(self, table, regressor):
        new = table[300:]
        outputs = predict_rows(regressor.network_, regressor.encoder_inputs(new))
        found = regressor.blueprint_.distribution(outputs, 2)
        y = regressor.target_scaler_.transform(new[["y", "z"]].to_numpy())
        z = (y - found.mean) / np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
        assert 0.7 < np.sqrt((z**2).mean()) < 1.3
        # Far likelier than under the targets' own normal distribution.
        apart = multivariate_normal(y.mean(0), np.cov(y.T)).logpdf(y).mean()
        assert found.log_density(y).mean() > apart + 1

    def test_keeps_all_when_saved(self, table, regressor, tmp_path):
        regressor.save(tmp_path / "gp.nbreg")
        loaded = Regressor.load(tmp_path / "gp.nbreg")
        x = regressor.encoder_inputs(table)
        np.testing.assert_array_equal(predict_rows(loaded.network_, x), predict_rows(regressor.network_, x))
        assert loaded.blueprint_.head == GaussianProcess()

    def test_a_seed_gives_the_same_bits(self, table):
        def outputs():
            found = nbreg.fit(table[:100], target=["y", "z"], joint="gp", hidden=(8,), epochs=3, seed=4)
            return predict_rows(found.network_, found.encoder_inputs(table))

        np.testing.assert_array_equal(outputs(), outputs())

    @pytest.mark.parametrize("choices", [{"loss": "mae"}, {"bounds": {"y": (-4, 4)}}], ids=str)
    def test_what_does_not_go_with_it_is_one_line(self, table, choices):
        with pytest.raises(OptionError, match="joint=gp") as raised:
            nbreg.fit(table, target=["y", "z"], joint="gp", epochs=1, **choices)
        assert "\n" not in str(raised.value)


def test_missing_targets_are_one_line():
    with pytest.raises(OptionError, match="every target in every row") as raised:
        GaussianProcess().objective("mse", None, None, has_gaps=True)
    assert "\n" not in str(raised.value)
