"""The conditional autoencoder learns distributions of any shape, and stays an ordinary network otherwise."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, norm

import nbreg
from nbreg.errors import OptionError
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.heads.gaussian import Gaussian
from nbreg.networks.heads.separate import Separate
from nbreg.networks.heads.shared import Shared
from nbreg.networks.inputs import Inputs
from nbreg.networks.latent_mixture import LatentLikelihood, gaussians_of_points, latent_points
from nbreg.networks.targets import Targets
from nbreg.networks.vae import Vae
from nbreg.regressor import Regressor
from nbreg.training.arrays import Arrays
from nbreg.training.fit import train
from nbreg.training.quiet import import_keras
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec
from nbreg.training.trainers import is_shareable

keras = import_keras()


def built(n_inputs: int = 3, n_targets: int = 2, targets: Targets | None = None, **choices) -> keras.Model:
    return Blueprint(Vae(**choices)).build(Inputs(n_inputs), targets or Targets(n_targets), seed=0)


def compiled(network: keras.Model) -> keras.Model:
    network.compile(loss=LatentLikelihood().make())
    return network


def ring(n_rows: int, seed: int) -> pd.DataFrame:
    """Return points somewhere on a circle, whose radius alone can be told."""
    rng = np.random.default_rng(seed)
    x, angle = rng.uniform(0, 1, n_rows), rng.uniform(0, 2 * np.pi, n_rows)
    radius = 1 + 2 * x + rng.normal(0, 0.1, n_rows)
    return pd.DataFrame({"x": x, "y": radius * np.cos(angle), "z": radius * np.sin(angle)})


def log_density(regressor: Regressor, table: pd.DataFrame) -> float:
    targets = list(regressor.target_names_)
    outputs = predict_rows(regressor.network_, regressor.encoder_inputs(table))
    y = regressor.target_scaler_.transform(table[targets].to_numpy())
    return float(regressor.blueprint_.distribution(outputs, len(targets)).log_density(y).mean())


@pytest.mark.parametrize("size", [1, 2, 5])
def test_latent_points_stand_for_the_normal_distribution(size):
    points = latent_points(64, size)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(points.T @ points / 64, np.eye(size), atol=1e-12)
    for column in points.T:
        assert kstest(column, "norm").statistic < 0.05  # of 64 random draws it is .11 on average


class TestLoss:
    @pytest.fixture
    def outputs(self):
        """Outputs of five rows, two targets and four points."""
        rng = np.random.default_rng(0)
        means, spreads = rng.standard_normal((5, 4, 2)), rng.uniform(0.3, 2, (5, 4, 2))
        return np.hstack([means.mean(axis=1), means.reshape(5, 8), spreads.reshape(5, 8)]).astype(np.float32)

    @pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
    def test_is_the_mixtures_likelihood(self, outputs, missing):
        y = np.random.default_rng(1).standard_normal((5, 2)).astype(np.float32)
        if missing:
            y[[0, 1, 1], [1, 0, 1]] = np.nan
        densities = norm.pdf(y[:, None], *outputs[:, 2:].reshape(5, 2, 4, 2).swapaxes(0, 1))
        expected = -np.log(np.where(np.isnan(y[:, None]), 1, densities).prod(axis=-1).mean(axis=-1))
        loss = LatentLikelihood().make()
        np.testing.assert_allclose(loss.call(y, outputs), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(-gaussians_of_points(outputs, 2).log_density(y), expected, rtol=1e-5, atol=1e-6)

    def test_gradients_of_missing_targets_are_numbers(self, outputs):
        import tensorflow as tf

        seen, y = tf.Variable(outputs), np.full((5, 2), np.nan, np.float32)
        y[0, 0] = 1.0
        with tf.GradientTape() as tape:
            loss = LatentLikelihood().make()(y, seen)
        assert np.isfinite(tape.gradient(loss, seen).numpy()).all()


class TestBound:
    """One latent, so that integrals over it are exact."""

    @pytest.fixture
    def network(self):
        network = built(n_inputs=1, latent_size=1, hidden=(8,), kl_weight=1.0)
        rng = np.random.default_rng(3)
        network.set_weights([w if w.shape == (64, 1) else rng.normal(0, 0.5, w.shape) for w in network.get_weights()])
        return compiled(network)

    def test_divergence_is_kullback_and_leiblers(self, network):
        latents = network.get_layer("latents")
        row, y = np.array([[0.3]], np.float32), np.array([[0.2, -0.4]], np.float32)
        behind = network(row, training=True)
        features = behind[:, latents.n_outputs :].numpy()
        mean, log_variance = latents.recognition(np.hstack([features, y])).numpy()[0].astype(float)
        q = norm(mean, np.exp(log_variance / 2))
        expected = quad(lambda z: q.pdf(z) * (q.logpdf(z) - norm.logpdf(z)), mean - 9 * q.std(), mean + 9 * q.std())[0]
        np.testing.assert_allclose(latents.drawn(behind, y)[1], [[expected]], rtol=1e-4)

    def test_is_never_below_the_exact_loss_on_average(self, network):
        row, y = np.full((4000, 1), 0.3, np.float32), np.tile(np.array([[0.2, -0.4]], np.float32), (4000, 1))
        exact = self.exact_loss(network, row[:1], y[0])
        drawn, divergence = network.get_layer("latents").drawn(network(row, training=True), y)
        bound = float(np.mean(LatentLikelihood().make().call(y, drawn) + divergence[:, 0]))
        assert exact < bound < exact + 5

    def test_divergence_counts_from_one_nat_on_and_by_its_weight(self):
        def loss(kl_weight, stretch):
            network = compiled(built(latent_size=1, kl_weight=kl_weight))
            *_, recognised = network.get_layer("latents").recognition.layers
            recognised.set_weights([np.zeros_like(recognised.kernel), np.array([stretch, 0], np.float32)])
            x, y = np.zeros((4, 3), np.float32), np.zeros((4, 2), np.float32)
            return float(network.compute_loss(x, y, network(x, training=True), training=True))

        # N(3, 1) is 4.5 nats from the prior, N(1, 1) half of one; the bound is half of the loss.
        assert loss(2.0, 3.0) - loss(0.0, 3.0) == pytest.approx(4.5, rel=1e-5)
        assert loss(2.0, 1.0) - loss(0.0, 1.0) == pytest.approx(1.0, rel=1e-5)

    def test_points_come_near_the_exact_loss(self, network):
        row, y = np.array([[0.3]], np.float32), np.array([[0.2, -0.4]], np.float32)
        found = float(network.compute_loss(row, y, network(row, training=False), training=False))
        assert found == pytest.approx(self.exact_loss(network, row, y[0]), abs=0.02)

    @staticmethod
    def exact_loss(network, row, y):
        latents = network.get_layer("latents")
        features = network(row, training=True)[:, latents.n_outputs :]
        z = np.linspace(-8, 8, 4001)
        means, spreads = (
            latents._decoded(features, z[None, :, None].astype(np.float32)).numpy()[0, 2:].reshape(2, -1, 2)
        )
        density = norm.pdf(y, means, spreads).prod(axis=-1) * norm.pdf(z)
        return -np.log(np.trapezoid(density, z))


class TestNetwork:
    def test_outputs_begin_with_the_mean_of_what_follows(self):
        network = built(n_targets=3)
        x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
        outputs = predict_rows(network, x)
        assert outputs.shape[1] == network.output_shape[1]
        found = Vae().distribution(outputs, 3)
        np.testing.assert_allclose(found.mean, outputs[:, :3], rtol=1e-5, atol=1e-6)
        assert (np.linalg.eigvalsh(found.covariance) > 0).all()

    def test_every_weight_is_trained(self):
        import tensorflow as tf

        network = compiled(built(latent_size=3))
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((50, 3)).astype(np.float32), rng.standard_normal((50, 2)).astype(np.float32)
        with tf.GradientTape() as tape:
            loss = network.compute_loss(x, y, network(x, training=True), training=True)
        gradients = tape.gradient(loss, network.trainable_variables)
        assert all(gradient is not None and np.any(gradient) for gradient in gradients)

    def test_bounds_hold_for_all_that_is_decoded(self):
        network = built(targets=Targets(2, ("a", "b"), bounds=((-1.0, 1.0), (0.0, None))))
        x = 50 * np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
        found = Vae().distribution(predict_rows(network, x), 2)
        assert (np.abs(found.means[..., 0]) <= 1).all()
        assert (found.means[..., 1] >= 0).all()
        np.testing.assert_array_less(np.abs(predict_rows(network, x)[:, 0]), 1 + 1e-6)

    def test_copies_compute_the_same(self, tmp_path):
        network = built()
        x = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
        clone, twin = keras.models.clone_model(network), type(network).from_config(network.get_config())
        for copy in (clone, twin):
            assert type(copy) is type(network)
            copy.set_weights(network.get_weights())
            np.testing.assert_array_equal(predict_rows(copy, x), predict_rows(network, x))
        assert is_shareable(network)

    def test_penalties_count(self):
        x, y = np.zeros((4, 3), np.float32), np.zeros((4, 2), np.float32)

        def loss(**choices):
            network = compiled(built(**choices))
            return float(network.compute_loss(x, y, network(x), training=False)), network

        plain, _ = loss()
        penalised, network = loss(l2=0.1)
        kernels = [layer.kernel.numpy() for layer in network.layers if layer.name.startswith("hidden")]
        latents = network.get_layer("latents")
        kernels += [latents.of_features.kernel.numpy(), latents.of_latents.kernel.numpy()]
        kernels += [latents.decoder.get_layer("decoder_2").kernel.numpy()]
        kernels += [latents.recognition.get_layer("recognition").kernel.numpy()]
        assert penalised - plain == pytest.approx(0.1 * sum((kernel**2).sum() for kernel in kernels), rel=1e-4)


class TestTraining:
    @staticmethod
    def trained(engine: str, y: np.ndarray | None = None) -> tuple[Run, keras.Model]:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((90, 3)).astype(np.float32)
        y = np.abs(x[:, :2]) if y is None else y
        network, run = built(hidden=(8,)), Run(4)
        spec = TrainingSpec(
            epochs=4, batch_size=16, schedule="constant", engine=engine, patience=0, objective=LatentLikelihood()
        )
        train(network, Arrays(x[:60], y[:60], x[60:], y[60:]), spec, run, seed=0)
        return run, network

    def test_compiled_epochs_do_as_keras_does(self):
        run, network = self.trained("graph")
        by_keras, other = self.trained("keras")
        losses, expected = ([(row.loss, row.val_loss) for row in each.history] for each in (run, by_keras))
        np.testing.assert_allclose(losses, expected, rtol=1e-3)
        for found, weights in zip(network.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(found, weights, rtol=1e-3, atol=1e-4)
        assert run.history[-1].val_loss < run.history[0].val_loss

    def test_missing_targets_count_for_nothing(self):
        rng = np.random.default_rng(1)
        y = rng.standard_normal((90, 2)).astype(np.float32)
        y[rng.random((90, 2)) < 0.3] = np.nan
        run, network = self.trained("graph", y)
        assert run.status == "finished"
        assert all(np.isfinite(weights).all() for weights in network.get_weights())


@pytest.fixture(scope="module")
def of_ring():
    return nbreg.fit(ring(1500, 0), target=["y", "z"], network="vae", hidden=(32, 32), epochs=80, seed=0)


class TestTrained:
    def test_a_ring_is_likelier_than_any_normal_distribution_makes_it(self, of_ring):
        new = ring(500, 1)
        normal = nbreg.fit(ring(1500, 0), target=["y", "z"], joint="gaussian", hidden=(16,), epochs=60, seed=0)
        assert log_density(of_ring, new) > log_density(normal, new) + 0.8

    def test_draws_lie_on_the_ring(self, of_ring):
        new = ring(100, 2)
        found = of_ring.blueprint_.distribution(predict_rows(of_ring.network_, of_ring.encoder_inputs(new)), 2)
        drawn = (
            found.sample(np.random.default_rng(0), 200) * of_ring.target_scaler_.scale_ + of_ring.target_scaler_.mean_
        )
        radius = np.linalg.norm(drawn, axis=-1)
        np.testing.assert_allclose(radius.mean(axis=1), 1 + 2 * new.x, atol=0.3)
        angle = np.arctan2(drawn[..., 1], drawn[..., 0])
        assert np.abs(np.exp(1j * angle).mean(axis=1)).max() < 0.4  # all around

    def test_of_a_linear_model_the_mean_is_learned(self):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((900, 2))
        truth = x @ np.array([[1.0, 0.5], [-1.0, 2.0]])
        noise = rng.multivariate_normal([0, 0], [[0.1, 0.08], [0.08, 0.1]], 900)
        table = pd.DataFrame(
            {"a": x[:, 0], "b": x[:, 1], "y": truth[:, 0] + noise[:, 0], "z": truth[:, 1] + noise[:, 1]}
        )
        found = nbreg.fit(table[:700], target=["y", "z"], network="vae", hidden=(32,), epochs=60, seed=0)
        errors = found.predict(table[700:]) - truth[700:]
        assert np.sqrt((errors**2).mean()) < 0.15

    def test_keeps_all_when_saved_and_loaded_elsewhere(self, of_ring, tmp_path):
        table = ring(50, 3)
        of_ring.save(tmp_path / "ring.nbreg")
        table.to_csv(tmp_path / "ring.csv", index=False)
        script = (
            "import nbreg, numpy as np, pandas as pd; from nbreg.regressor import Regressor; "
            "np.save('there.npy', Regressor.load('ring.nbreg').predict(pd.read_csv('ring.csv')))"
        )
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
        expected = of_ring.predict(pd.read_csv(tmp_path / "ring.csv"))
        np.testing.assert_allclose(np.load(tmp_path / "there.npy"), expected, rtol=1e-6)
        loaded = Regressor.load(tmp_path / "ring.nbreg")
        assert log_density(loaded, table) == log_density(of_ring, table)

    def test_a_seed_gives_the_same_bits(self):
        def weights(seed):
            found = nbreg.fit(ring(120, 0), target=["y", "z"], network="vae", hidden=(8,), epochs=3, seed=seed)
            return np.concatenate([each.ravel() for each in found.network_.get_weights()])

        np.testing.assert_array_equal(weights(1), weights(1))
        assert (weights(1) != weights(2)).any()

    def test_is_explained(self, of_ring):
        explanation = nbreg.explain(of_ring, ring(5, 4), method="integrated_gradients")
        assert np.isfinite(explanation.values).all()


class TestChoices:
    @pytest.mark.parametrize(
        ("head", "named"),
        [(Separate(), "--heads separate"), (Gaussian(), "--joint gaussian"), (Shared("learned"), "--loss-weights")],
        ids=["separate", "joint", "loss weights"],
    )
    def test_other_heads_are_one_line(self, head, named):
        with pytest.raises(OptionError, match=named) as raised:
            Blueprint(Vae(), head)
        assert "\n" not in str(raised.value)

    def test_nothing_stands_beside_it(self):
        with pytest.raises(OptionError, match="skip=linear") as raised:
            Blueprint.of({"network": "vae", "skip": "linear"})
        assert "\n" not in str(raised.value)

    def test_other_losses_are_one_line(self):
        with pytest.raises(OptionError, match="loss=mae") as raised:
            nbreg.fit(ring(60, 0), target=["y", "z"], network="vae", loss="mae", epochs=1)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize(
        ("choices", "words"),
        [
            ({}, "vae 64-32, 2 latents, relu"),
            ({"latent_size": 1, "kl_weight": 0.5, "hidden": ()}, "vae no hidden layer, 1 latent, relu, KL weight 0.5"),
        ],
    )
    def test_words(self, choices, words):
        assert Vae(**choices).words() == words
