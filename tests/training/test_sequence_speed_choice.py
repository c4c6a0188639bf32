"""Which engine sequence networks have, and that their compiled epochs do what stock ``fit`` does."""

from __future__ import annotations

import numpy as np
import pytest
from small_training import assert_same_weights, keras, stock_fit

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.inputs import Inputs
from nbreg.networks.skip import Skip
from nbreg.networks.targets import Targets
from nbreg.training.arrays import Arrays
from nbreg.training.engines import engine_of, longest_window, shape_of
from nbreg.training.fit import train
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

RECURRENT = ("rnn", "lstm", "gru")
N_STEPS, N_CHANNELS = 5, 2


def arrays_of(n_rows: int = 72, n_inputs: int = N_STEPS * N_CHANNELS + 1) -> Arrays:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_rows, n_inputs), dtype=np.float32)
    y = np.tanh(x[:, :1] * x[:, 2:3]) + x[:, -1:]
    return Arrays(x[8:], y[8:], x[:8], y[:8])


def network_of(name: str, arrays: Arrays, skip: Skip | None = None, **choices) -> keras.Model:
    n_steps = (arrays.n_inputs - 1) // N_CHANNELS
    inputs = Inputs(arrays.n_inputs, n_steps=n_steps, n_channels=N_CHANNELS)
    return Blueprint(ARCHITECTURES[name](hidden=(4,), **choices), skip=skip or Skip()).build(inputs, Targets(1), seed=0)


def engine(name: str, n_steps: int, arrays: Arrays | None = None, **choices) -> str:
    arrays = arrays or arrays_of()
    network = network_of(name, arrays, **choices)
    spec = TrainingSpec(epochs=n_steps, batch_size=arrays.n_rows)  # a step an epoch
    return engine_of(network, shape_of(network, arrays, spec), spec)


@pytest.mark.parametrize("name", RECURRENT)
def test_xla_takes_recurrent_networks_from_thirty_thousand_steps_of_windows_on(name):
    assert engine(name, 6_000) == "xla"
    assert engine(name, 5_999) == "graph"
    assert engine(name, 6_000, dropout=0.2) == "xla"


@pytest.mark.parametrize("name", RECURRENT)
def test_long_windows_take_fewer_train_steps(name):
    arrays = arrays_of(n_inputs=168 * N_CHANNELS + 1)
    assert engine(name, 179, arrays) == "xla"
    assert engine(name, 178, arrays) == "graph"


@pytest.mark.parametrize("name", ["mlp", *RECURRENT])
def test_what_stands_beside_a_network_is_not_counted(name):
    arrays = arrays_of(n_inputs=100 * N_CHANNELS + 1)
    network = network_of(name, arrays, skip=Skip("smooth"))
    assert network.count_params() > 200_000
    spec = TrainingSpec(epochs=10_000, batch_size=arrays.n_rows)
    assert engine_of(network, shape_of(network, arrays, spec), spec) == "xla"


def test_weights_that_are_trained_are_counted():
    assert engine("lstm", 10_000, units=(200,)) == "graph"


def test_windows_of_unknown_length_stay_with_the_graph():
    entry = keras.Input((None, N_CHANNELS))
    assert longest_window(keras.Model(entry, keras.layers.LSTM(3)(entry)).layers) == 0


def test_convolutions_stay_with_the_graph():
    assert engine("cnn", 100_000) == "graph"


@pytest.mark.parametrize("name", ["cnn", *RECURRENT])
def test_a_graph_trains_as_stock_fit_does(name):
    arrays = arrays_of()
    ours, stocks = (network_of(name, arrays) for _ in range(2))
    spec = TrainingSpec(
        epochs=2, batch_size=16, patience=0, engine="graph", learning_rate=0.01, schedule="constant", optimizer="sgd",
        momentum=0.0,
    )  # fmt: skip
    run = Run(2)
    train(ours, arrays, spec, run, seed=0)
    history = stock_fit(stocks, arrays, keras.optimizers.SGD(0.01), epochs=2)
    assert_same_weights(ours, stocks)
    np.testing.assert_allclose([row.val_loss for row in run.history], history["val_loss"], rtol=1e-6)


@pytest.mark.parametrize("name", RECURRENT)
def test_xla_differs_in_the_last_bits_only(name):
    arrays = arrays_of()
    trained = {}
    for each in ("graph", "xla"):
        network = network_of(name, arrays)
        spec = TrainingSpec(epochs=3, batch_size=16, patience=0, engine=each, learning_rate=0.01, schedule="constant")
        train(network, arrays, spec, Run(3), seed=0)
        trained[each] = network.get_weights()
    for with_graph, with_xla in zip(trained["graph"], trained["xla"], strict=True):
        np.testing.assert_allclose(with_xla, with_graph, rtol=1e-3, atol=1e-5)


def test_a_seed_gives_the_same_bits():
    arrays = arrays_of()
    weights = []
    for _ in range(2):
        network = network_of("lstm", arrays, dropout=0.3)
        train(network, arrays, TrainingSpec(epochs=2, batch_size=16, engine="xla"), Run(2), seed=3)
        weights.append(network.get_weights())
    for first, again in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, again)
