"""Fast prediction is the network's own, whatever the number of rows, the layers or the thread."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from nbreg.networks import forward
from nbreg.networks.forward import predict_rows
from nbreg.training.quiet import import_keras

keras = import_keras()
layers = keras.layers


def rows(n_rows: int, n_inputs: int = 4) -> np.ndarray:
    return np.random.default_rng(n_rows).standard_normal((n_rows, n_inputs), dtype=np.float32)


def chain(*hidden) -> keras.Model:
    return keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(2)])


def branched() -> keras.Model:
    """Return a network whose layers stand in a row but are not wired in one."""
    inputs = keras.Input((4,))
    one = layers.Dense(4)(inputs)
    other = layers.Dense(4)(inputs)
    return keras.Model(inputs, layers.Dense(1)(layers.Add()([one, other])))


def twice_used() -> keras.Model:
    inputs = keras.Input((4,))
    layer = layers.Dense(4, "tanh")
    return keras.Model(inputs, layer(layer(inputs)))


NETWORKS = {
    **{name: lambda name=name: chain(layers.Dense(8, name)) for name in ("relu", "tanh", "sigmoid", "gelu", "selu")},
    "dropout": lambda: chain(layers.Dense(8, "relu"), layers.Dropout(0.5)),
    "no bias": lambda: chain(layers.Dense(8, use_bias=False)),
    "batch norm": lambda: chain(layers.Dense(8), layers.BatchNormalization()),
    "branched": branched,
    "twice used": twice_used,
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n_rows", [1, 3, 9, 100])
def test_equals_the_network(name, n_rows):
    network = NETWORKS[name]()
    x = rows(n_rows)
    np.testing.assert_allclose(predict_rows(network, x), network(x, training=False).numpy(), rtol=2e-5, atol=1e-6)


def test_saturated_sigmoids_do_not_overflow():
    network = chain(layers.Dense(8, "sigmoid"))
    x = 1e4 * rows(2)
    np.testing.assert_allclose(predict_rows(network, x), network(x).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("n_rows", [0, 8_192, 8_193, 20_000])
def test_any_number_of_rows(n_rows, activation):
    network = chain(layers.Dense(8, activation))
    x = rows(n_rows)
    predicted = predict_rows(network, x)
    assert predicted.shape == (n_rows, 2)
    np.testing.assert_allclose(predicted, network(x).numpy(), rtol=1e-5, atol=1e-6)


def test_takes_float64_and_views():
    network = chain(layers.Dense(8, "relu"))
    x = rows(40).astype(np.float64)[::2]
    assert predict_rows(network, x).dtype == np.float32
    np.testing.assert_array_equal(predict_rows(network, x), predict_rows(network, x.astype(np.float32).copy()))


@pytest.mark.parametrize("n_rows", [2, 100])
def test_sees_new_weights(n_rows):
    network, x = chain(layers.Dense(8, "relu")), rows(n_rows)
    predict_rows(network, x)
    network.set_weights([2 * weights for weights in network.get_weights()])
    np.testing.assert_allclose(predict_rows(network, x), network(x).numpy(), rtol=1e-5, atol=1e-6)


def test_keeps_no_network():
    network = chain(layers.Dense(8, "gelu"))
    predict_rows(network, rows(100))
    assert network in forward._functions
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_threads():
    networks = [chain(layers.Dense(8, "gelu")) for _ in range(3)]
    x, seen = rows(500), {}

    def predict(i):
        seen[i] = predict_rows(networks[i % 3], x)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for i in range(9):
        np.testing.assert_allclose(seen[i], networks[i % 3](x).numpy(), rtol=1e-5, atol=1e-6)
