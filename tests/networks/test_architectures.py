"""What every architecture keeps to, whichever there are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nbreg.networks.architecture import ARCHITECTURES, architecture_options
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

#: Plain inputs, and numbers beside two categories that the network embeds, and categories alone; sequences alone and
#: beside others, one of a single step.
INPUTS = {
    "numbers": Inputs(6),
    "embedded": Inputs(5, (4, 30)),
    "categories": Inputs(2, (3, 7)),
    "sequence": Inputs(24, n_steps=8, n_channels=3),
    "sequence and others": Inputs(6 * 2 + 3 + 1, (5,), n_steps=6, n_channels=2),
    "one step": Inputs(4, n_steps=1, n_channels=3),
}


def rows_for(inputs: Inputs, n_rows: int = 20) -> np.ndarray:
    rng = np.random.default_rng(1)
    numbers = rng.standard_normal((n_rows, inputs.n_numbers))
    codes = [rng.integers(n_levels, size=(n_rows, 1)) for n_levels in inputs.n_levels]
    return np.hstack([numbers, *codes]).astype(np.float32)


@pytest.fixture(params=sorted(ARCHITECTURES))
def architecture(request):
    return ARCHITECTURES[request.param]()


@pytest.fixture(params=sorted(INPUTS))
def inputs(request):
    return INPUTS[request.param]


@pytest.mark.parametrize("n_targets", [1, 3])
def test_builds_and_agrees_with_itself_in_chunks(architecture, inputs, n_targets):
    network = Blueprint(architecture).build(inputs, Targets(n_targets), seed=0)
    x = rows_for(inputs)
    assert network.input_shape == (None, inputs.n_inputs)
    n_outputs = network.output_shape[1]
    # A network that is its own head may have more to say, behind the predictions.
    assert n_outputs == n_targets if architecture.objective("mse") is None else n_outputs >= n_targets
    predicted = predict_rows(network, x)
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted, network(x, training=False).numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predict_rows(network, x[:1]), predicted[:1], rtol=1e-5, atol=1e-6)


def test_a_seed_gives_the_same_weights(architecture, inputs):
    def weights(seed):
        return Blueprint(architecture).build(inputs, Targets(2), seed).get_weights()

    for first, again in zip(weights(1), weights(1), strict=True):
        np.testing.assert_array_equal(first, again)
    assert any((a != b).any() for a, b in zip(weights(1), weights(2), strict=True))


def test_building_draws_no_random_numbers_of_the_notebook(architecture, inputs):
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), np.random.get_state()[1].copy()
    Blueprint(architecture).build(inputs, Targets(1), seed=0)
    assert random.getstate() == before[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


def test_saves_and_loads(architecture, inputs, tmp_path):
    network = Blueprint(architecture).build(inputs, Targets(2), seed=0)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")  # in safe mode: no code of ours is needed
    x = rows_for(inputs)
    np.testing.assert_array_equal(predict_rows(network, x), predict_rows(loaded, x))


def test_gradients_reach_every_weight(architecture, inputs):
    import tensorflow as tf

    blueprint = Blueprint(architecture)
    network = blueprint.build(inputs, Targets(1), seed=0)
    x, y = rows_for(inputs, 200), np.ones((200, 1), np.float32)
    network.compile(loss=blueprint.objective("mse", x, y, has_gaps=False).make())
    with tf.GradientTape() as tape:
        loss = network.compute_loss(x, y, network(x, training=True), training=True)
    gradients = tape.gradient(loss, network.trainable_variables)
    assert all(gradient is not None for gradient in gradients)


def test_a_copy_computes_the_same(architecture, inputs):
    network = Blueprint(architecture).build(inputs, Targets(2), seed=0)
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    x = rows_for(inputs)
    np.testing.assert_array_equal(predict_rows(network, x), predict_rows(copy, x))


def test_its_drawing_ends_in_the_hidden_layers(architecture):
    drawn = architecture.drawn()
    hidden = getattr(architecture, "hidden", ())
    assert [layer.units for layer in drawn if layer.is_hidden] == list(hidden)
    assert all(layer.is_hidden for layer in drawn[len(drawn) - len(hidden) :])


def test_two_architectures_declare_a_shared_option_alike():
    for name, declared in architecture_options().items():
        for family in (ARCHITECTURES[each] for each in ARCHITECTURES):
            if name in family.options():
                other = family.options()[name]
                assert (other.help, other.kind.expected) == (declared.help, declared.kind.expected)
                assert other.default == declared.default


class TestPerceptron:
    def test_is_the_linear_model(self):
        inputs = Inputs(4)
        network = Blueprint(ARCHITECTURES["perceptron"]()).build(inputs, Targets(2), seed=0)
        kernel, bias = network.get_weights()
        x = rows_for(inputs)
        np.testing.assert_allclose(predict_rows(network, x), x @ kernel + bias, rtol=1e-5)


class TestMlp:
    @pytest.mark.parametrize(
        ("choices", "n_weights"),
        [
            ({"hidden": (5,)}, 4 * 5 + 5 + 5 + 1),
            ({"hidden": ()}, 4 + 1),
            # no bias before batch normalisation, which has four numbers a unit: two trained, two running
            ({"hidden": (5,), "batch_norm": True}, 4 * 5 + 4 * 5 + 5 + 1),
        ],
        ids=str,
    )
    def test_has_the_weights_it_should(self, choices, n_weights):
        assert (
            Blueprint(ARCHITECTURES["mlp"](**choices)).build(Inputs(4), Targets(1), seed=0).count_params() == n_weights
        )

    def test_penalises_weights(self):
        network = Blueprint(ARCHITECTURES["mlp"](hidden=(3,), l1=0.5, l2=0.25)).build(Inputs(4), Targets(1), seed=0)
        kernel = network.get_weights()[0]
        expected = 0.5 * np.abs(kernel).sum() + 0.25 * (kernel**2).sum()
        np.testing.assert_allclose(sum(float(loss) for loss in network.losses), expected, rtol=1e-5)

    def test_dropout_works_in_training_only(self):
        network = Blueprint(ARCHITECTURES["mlp"](hidden=(50,), dropout=0.5)).build(Inputs(4), Targets(1), seed=0)
        x = rows_for(Inputs(4))
        np.testing.assert_array_equal(network(x, training=False), network(x, training=False))
        assert (network(x, training=True).numpy() != network(x, training=True).numpy()).any()


def test_embedded_categories_are_looked_up():
    network = Blueprint(ARCHITECTURES["perceptron"]()).build(Inputs(2, (3,)), Targets(1), seed=0)
    (table,) = (weights for weights in network.get_weights() if weights.shape[0] == 3 and weights.shape[1] > 1)
    kernel = next(w for w in network.get_weights() if w.shape == (1 + table.shape[1], 1))
    x = np.array([[0.5, 0], [0.5, 2]], np.float32)
    expected = 0.5 * kernel[0] + table[[0, 2]] @ kernel[1:]
    np.testing.assert_allclose(predict_rows(network, x), expected, rtol=1e-5)
