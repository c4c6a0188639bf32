"""Weights and outputs of networks, against numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import DataError
from nbreg.explanation.inside import Outputs, Weights, outputs_of, rows_to_run, weights_of
from nbreg.training.quiet import quiet_start

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def keras():
    quiet_start()
    import keras

    return keras


def dense(keras, *activations, n_inputs=3):
    """Return a network with a layer of four units for each activation."""
    layers = [keras.layers.Dense(4, activation=each, name=f"hidden_{i}") for i, each in enumerate(activations)]
    network = keras.Sequential([keras.Input((n_inputs,)), *layers, keras.layers.Dense(1, name="last")])
    network.set_weights([RNG.normal(size=each.shape) for each in network.get_weights()])
    return network


def test_weights_are_those_of_the_network(keras):
    network = dense(keras, "relu")
    found = weights_of(network)
    assert [(each.layer, each.part, each.is_shift) for each in found] == [
        ("hidden_0", "kernel", False), ("hidden_0", "bias", True), ("last", "kernel", False), ("last", "bias", True),
    ]  # fmt: skip
    for each, expected in zip(found, network.get_weights(), strict=True):
        np.testing.assert_array_equal(each.values, expected.ravel())
        assert each.mean == pytest.approx(expected.mean(dtype=float))
        assert each.deviation == pytest.approx(expected.std(dtype=float))


def test_weights_near_zero_are_small_beside_the_largest():
    weights = Weights("a", "kernel", np.array([-10.0, 0.1, 0.09, -0.101, 0, np.inf]))
    assert weights.near_zero == pytest.approx(3 / 5)
    assert (weights.n, weights.n_not_finite) == (6, 1)


def test_statistics_of_batches_and_seeds_are_no_weights(keras):
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(name="norm"), keras.layers.Dropout(0.5, seed=1)]
    found = weights_of(keras.Sequential([keras.Input((3,)), *layers]))
    assert [each.part for each in found] == ["kernel", "bias", "gamma", "beta"]


def test_inner_models_are_opened(keras):
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="deep")])
    assert [each.layer for each in weights_of(keras.Sequential([keras.Input((3,)), inner]))] == ["deep", "deep"]


def test_outputs_are_what_numpy_computes(keras):
    network, inputs = dense(keras, "relu", "tanh"), RNG.normal(size=(600, 3)).astype(np.float32)
    first, second = outputs_of(network, inputs)
    kernel_0, bias_0, kernel_1, bias_1, *_ = network.get_weights()
    expected = np.maximum(inputs @ kernel_0 + bias_0, 0)
    np.testing.assert_allclose(first.values, expected, atol=1e-5)
    np.testing.assert_allclose(second.values, np.tanh(expected @ kernel_1 + bias_1), atol=1e-5)
    assert (first.layer, first.activation, second.activation) == ("hidden_0", "relu", "tanh")


def test_the_network_is_left_without_traces(keras):
    network = dense(keras, "relu", "gelu")
    before = network.get_config(), [(len(each._inbound_nodes), len(each._outbound_nodes)) for each in network.layers]
    outputs_of(network, np.ones((5, 3), np.float32))
    after = network.get_config(), [(len(each._inbound_nodes), len(each._outbound_nodes)) for each in network.layers]
    assert after == before


def test_dead_units():
    values = np.array([[0, 1, 0, 5], [0, 2, 0, 5], [0, 0, 1e-9, 5]])
    assert Outputs("a", "relu", values).dead == (0, 3)  # 2 is active once; 3 is the same for all rows
    assert Outputs("a", "tanh", np.array([[0.5, -1], [0.5, 1]])).dead == (0,)
    assert Outputs("a", "relu", values[:1]).dead == (0, 2)  # of one row no more can be said
    assert Outputs("a", "tanh", values[:1]).dead == ()


def test_saturated_outputs():
    assert Outputs("a", "tanh", np.array([[0.999, -0.995, 0.98, 0.5]])).saturated == 0.5
    assert Outputs("a", "sigmoid", np.array([[0.999, 0.001, 0.99, 0.5]])).saturated == 0.5
    assert Outputs("a", "relu", np.array([[0.0, 9.0]])).saturated is None
    assert Outputs("a", "relu", np.array([[0.0, 9.0]])).zero == 0.5


def test_after_batch_normalisation_the_activation_is_taken(keras):
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Activation("relu", name="act")]
    network = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    assert [each.layer for each in outputs_of(network, np.ones((2, 3), np.float32))] == ["act"]


def test_layers_that_are_activations_themselves(keras):
    layers = [keras.layers.Dense(4), keras.layers.LeakyReLU(), keras.layers.Dense(4), keras.layers.ReLU()]
    network = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    found = outputs_of(network, np.ones((2, 3), np.float32))
    assert [each.activation for each in found] == ["leaky_relu", "relu"]


def test_linear_hidden_layers_are_shown_where_there_are_no_others(keras):
    assert len(outputs_of(dense(keras, "linear", "linear"), np.ones((2, 3), np.float32))) == 2


def test_steps_of_a_sequence_are_rows(keras):
    layers = [keras.layers.Reshape((6, 1)), keras.layers.Conv1D(5, 3, activation="relu"), keras.layers.Flatten()]
    network = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(1)])
    (found,) = outputs_of(network, RNG.normal(size=(10, 6)).astype(np.float32))
    assert found.values.shape == (10 * 4, 5)


def test_what_cannot_be_looked_into_is_told(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    own = Own()
    own(np.ones((1, 2), np.float32))
    with pytest.raises(DataError, match="connected one by one"):
        outputs_of(own, np.ones((1, 2), np.float32))
    with pytest.raises(DataError, match="no hidden layer"):
        outputs_of(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), np.ones((2, 3), np.float32))


def test_a_dead_unit_of_a_trained_regressor_is_found():
    table = pd.DataFrame({"a": RNG.normal(size=90), "kind": RNG.choice(list("xyz"), 90)})
    table["y"] = 3 * table.a
    regressor = nbreg.fit(table, target="y", epochs=1, hidden=(8,))
    kernel, bias, *others = regressor.network_.get_weights()
    bias[3], kernel[:, 3] = -5, 0
    regressor.network_.set_weights([kernel, bias, *others])
    inputs, words = rows_to_run(regressor)
    assert words == f"{regressor.n_rows_['train']} train rows"
    (found,) = outputs_of(regressor.network_, inputs)
    assert 3 in found.dead
    assert np.isfinite(regressor.predict(table)).all()
