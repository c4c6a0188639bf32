"""Keras callbacks that go by the epoch run with compiled epochs; others bring Keras's own fit, which is said."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from small_training import assert_same_weights, make_network, stock_fit, trained

from nbreg.training.spec import TrainingSpec

# Keras's own callbacks call numpy.array in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SPEC = TrainingSpec(schedule="constant", epochs=6, batch_size=16, patience=0, learning_rate=0.01)


class Heard(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls, self.weights = [], []

    def on_train_begin(self, logs=None):
        self.calls.append("train begins")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} begins")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch} ends with {', '.join(logs)}")
        self.weights.append(self.model.get_weights()[0].copy())

    def on_train_end(self, logs=None):
        self.calls.append("train ends")


def test_the_hooks_of_epochs_are_called_as_by_keras(arrays):
    ours, theirs = Heard(), Heard()
    _, run = trained(arrays, SPEC, callbacks=[ours])
    stock_fit(make_network(arrays), arrays, keras.optimizers.Adam(0.01), epochs=6, callbacks=[theirs])
    assert ours.calls == theirs.calls
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert run.notes == []


def test_a_callback_may_end_the_training(arrays):
    class Enough(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    _, run = trained(arrays, SPEC, callbacks=[Enough()])
    assert (run.status, len(run.history)) == ("finished", 3)


@pytest.mark.parametrize("when", ["on_epoch_begin", "on_epoch_end"])
def test_a_callback_may_set_the_learning_rate(arrays, when):
    class Halve(keras.callbacks.Callback):
        pass

    def halve(self, epoch, logs=None):
        if epoch == 3:
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate.numpy()) / 2

    setattr(Halve, when, halve)
    ours, run = trained(arrays, SPEC, callbacks=[Halve()])
    theirs = make_network(arrays)
    stock_fit(theirs, arrays, keras.optimizers.Adam(0.01), epochs=6, callbacks=[Halve()])
    assert_same_weights(ours, theirs)
    assert run.history[-1].learning_rate == pytest.approx(0.005)


def test_callbacks_of_keras(arrays, tmp_path):
    path = tmp_path / "best.keras"
    callbacks = [
        keras.callbacks.ModelCheckpoint(path, save_best_only=True),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.EarlyStopping(patience=3),
    ]
    _, run = trained(arrays, SPEC, callbacks=callbacks)
    assert run.notes == []
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + len(run.history)
    saved = keras.saving.load_model(path)
    predicted = saved(arrays.x_val).numpy()
    assert float(np.mean((predicted - arrays.y_val) ** 2)) == pytest.approx(run.best.val_loss, rel=1e-5)


def test_hooks_of_batches_bring_keras_own_fit_and_a_note(arrays):
    batches = []

    class EveryBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(batch)

    ours, run = trained(arrays, SPEC, callbacks=[EveryBatch()])
    assert len(batches) == 6 * 6
    assert len(run.notes) == 1
    assert "EveryBatch" in run.notes[0]
    theirs, _ = trained(arrays, TrainingSpec(**{**vars(SPEC), "engine": "keras"}))
    assert_same_weights(ours, theirs)


def test_a_function_for_batches_counts_too(arrays):
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    _, run = trained(arrays, SPEC, callbacks=[callback])
    assert "LambdaCallback" in run.notes[0]
    _, run = trained(arrays, SPEC, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)])
    assert run.notes == []


def test_a_network_that_runs_eagerly(arrays):
    network = make_network(arrays)
    network.compile("adam", "mse", run_eagerly=True)
    _, run = trained(arrays, TrainingSpec(schedule="constant", epochs=2, batch_size=45), network=network)
    assert run.notes == ["Trained by Keras's own fit, which is slower, because the network runs eagerly."]
    assert len(run.history) == 2
