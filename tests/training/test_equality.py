"""Weights and losses are those of ``keras.Model.fit``, bit for bit, given the same order of rows."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from small_training import assert_same_weights, make_arrays, make_network, stock_fit, trained

from nbreg.training.schedules import SCHEDULES
from nbreg.training.spec import TrainingSpec

# Keras's own callbacks call numpy.array in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

EPOCHS = 4
OPTIMIZERS = {
    "adam": (lambda: keras.optimizers.Adam(1e-2), {"optimizer": "adam"}),
    "adamw": (lambda: keras.optimizers.AdamW(1e-2, weight_decay=0.1), {"optimizer": "adamw", "weight_decay": 0.1}),
    "rmsprop": (lambda: keras.optimizers.RMSprop(1e-2), {"optimizer": "rmsprop"}),
    "sgd": (lambda: keras.optimizers.SGD(1e-2, momentum=0.9), {"optimizer": "sgd"}),
    "nesterov": (
        lambda: keras.optimizers.SGD(1e-2, momentum=0.8, nesterov=True),
        {"optimizer": "sgd", "momentum": 0.8, "nesterov": True},
    ),
    "clipnorm": (lambda: keras.optimizers.Adam(1e-2, clipnorm=0.05), {"optimizer": "adam", "clipnorm": 0.05}),
}
NETWORKS = {
    "plain": {},
    "l1": {"l1": 1e-2},
    "l2": {"l2": 1e-2},
    "elastic net": {"l1": 1e-2, "l2": 1e-2},
    "dropout": {"dropout": 0.3},
    "batch norm": {"batch_norm": True},
    "gelu": {"activation": "gelu"},
    "all": {"l1": 1e-3, "dropout": 0.2, "batch_norm": True},
}
LOSSES = {
    "mse": keras.losses.MeanSquaredError,
    "mae": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "msle": keras.losses.MeanSquaredError,  # of targets that were made log(1 + y)
    "mape": keras.losses.MeanAbsolutePercentageError,
}


def compare(arrays, optimizer, training, network, *, engine, loss="mse", callbacks=(), epochs=EPOCHS):
    ours, theirs = make_network(arrays, **network), make_network(arrays, **network)
    history = stock_fit(
        theirs, arrays, optimizer, epochs=epochs, xla=engine == "xla", loss=LOSSES[loss](), callbacks=callbacks
    )
    training = {"learning_rate": 0.001, "schedule": "constant", **training}
    spec = TrainingSpec(epochs=epochs, batch_size=16, patience=0, engine=engine, loss=loss, **training)
    _, run = trained(arrays, spec, network=ours)
    assert_same_weights(ours, theirs)
    assert [row.loss for row in run.history] == history["loss"]
    if "val_loss" in history:
        assert [row.val_loss for row in run.history] == history["val_loss"]
    return run


@pytest.mark.parametrize(("name", "loss"), list(zip(OPTIMIZERS, LOSSES, strict=True)))
def test_optimizers_and_losses(arrays, name, loss):
    make, training = OPTIMIZERS[name]
    compare(arrays, make(), {"learning_rate": 1e-2, **training}, {}, engine="graph", loss=loss)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(arrays, name):
    compare(arrays, keras.optimizers.Adam(1e-2), {"learning_rate": 1e-2}, NETWORKS[name], engine="graph")


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"plateau"}))
def test_schedules(arrays, name):
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, _: 1e-2 * SCHEDULES[name](epoch, EPOCHS))
    run = compare(
        arrays, keras.optimizers.Adam(0.5), {"learning_rate": 1e-2, "schedule": name}, {}, engine="graph",
        callbacks=[rates],
    )  # fmt: skip
    wanted = [1e-2 * SCHEDULES[name](epoch, EPOCHS) for epoch in range(EPOCHS)]
    np.testing.assert_allclose([row.learning_rate for row in run.history], wanted, rtol=1e-6)


def test_plateau(arrays):
    falls = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=5, min_delta=0.0)
    run = compare(
        arrays, keras.optimizers.SGD(0.05, momentum=0.9),
        {"learning_rate": 0.05, "optimizer": "sgd", "schedule": "plateau"}, {}, engine="graph", epochs=60,
        callbacks=[falls],
    )  # fmt: skip
    assert run.history[-1].learning_rate < 0.02  # it fell at least twice


@pytest.mark.parametrize(
    ("engine", "n_rows", "n_validation_rows", "n_targets"),
    [("graph", 64, 20, 1), ("graph", 90, 0, 2), ("graph", 7, 3, 3), ("keras", 90, 37, 1), ("keras", 64, 0, 2)],
)
def test_shapes_of_tables(engine, n_rows, n_validation_rows, n_targets):
    arrays = make_arrays(n_rows, n_validation_rows, n_targets=n_targets)
    compare(arrays, keras.optimizers.Adam(1e-2), {"learning_rate": 1e-2}, {}, engine=engine)


@pytest.mark.parametrize(
    ("optimizer", "network", "loss"),
    [
        ("adam", {"dropout": 0.3}, "mse"),
        ("adamw", {"batch_norm": True}, "huber"),
        ("rmsprop", {"l1": 1e-2, "l2": 1e-2}, "mae"),
        ("nesterov", {"l2": 1e-2}, "log_cosh"),
        ("clipnorm", {}, "mse"),
    ],
)
def test_xla(arrays, optimizer, network, loss):
    make, training = OPTIMIZERS[optimizer]
    falls = keras.callbacks.LearningRateScheduler(lambda epoch, _: 1e-2 * SCHEDULES["cosine"](epoch, EPOCHS))
    compare(
        arrays, make(), {"learning_rate": 1e-2, "schedule": "cosine", **training}, {"hidden": (4,), **network},
        engine="xla", loss=loss, callbacks=[falls],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "schedule", "has_validation"),
    [
        ("graph", "constant", True),
        ("graph", "plateau", False),
        ("keras", "plateau", True),
        ("xla", "plateau", True),
    ],
)
def test_early_stopping(engine, schedule, has_validation):
    arrays = make_arrays(n_validation_rows=37 if has_validation else 0)
    watched = "val_loss" if has_validation else "loss"
    ours, theirs = make_network(arrays), make_network(arrays)
    stops = keras.callbacks.EarlyStopping(watched, patience=7, restore_best_weights=True)
    falls = keras.callbacks.ReduceLROnPlateau(watched, factor=0.5, patience=5, min_delta=0.0)
    callbacks = [falls, stops] if schedule == "plateau" else [stops]
    optimizer = keras.optimizers.SGD(0.2, momentum=0.9)
    history = stock_fit(theirs, arrays, optimizer, epochs=200, xla=engine == "xla", callbacks=callbacks)
    spec = TrainingSpec(
        epochs=200, batch_size=16, patience=7, engine=engine, optimizer="sgd", learning_rate=0.2, schedule=schedule
    )
    _, run = trained(arrays, spec, network=ours)
    assert run.status == "finished"
    assert len(run.history) == len(history["loss"]) < 200
    assert run.best.epoch == stops.best_epoch + 1
    assert_same_weights(ours, theirs)
