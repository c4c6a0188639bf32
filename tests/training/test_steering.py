"""Stop, pause, learning rate, progress: while a training goes on in another thread."""

from __future__ import annotations

import threading
import time

import keras
import numpy as np
import pytest
from small_training import assert_same_weights, differ, make_network, trained

from nbreg.errors import TrainingError
from nbreg.training.arrays import Arrays
from nbreg.training.fit import train
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

ENGINES = ["graph", "keras"]
FOREVER = 100_000


class Background:
    """A training in a thread of its own."""

    def __init__(self, arrays, spec, **network):
        self.network, self.run = make_network(arrays, **network), Run(spec.epochs)
        self.first_weights = self.network.get_weights()
        self._moved = threading.Event()
        self.run.subscribe(self._note)
        self._thread = threading.Thread(
            target=train, args=(self.network, arrays, spec, self.run), kwargs={"seed": 0}, daemon=True
        )
        self._thread.start()

    def _note(self, run) -> None:
        if run.progress > 0:
            self._moved.set()

    def wait_until(self, holds) -> None:
        """Wait for a change of the run after which `holds`."""
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline
            self._moved.clear()
            self._moved.wait(0.05)

    def progress_until(self, ask, holds) -> float:
        """Return how far the run gets, as a share of an epoch's steps, from `ask` to `holds`."""
        before = self.run.progress
        ask()
        self.wait_until(holds)
        return self.run.progress - before

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def long_table() -> Arrays:
    """A table of which one epoch takes seconds, its validation too."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400_000, 20), dtype=np.float32)
    y = x[:, :1] * x[:, 1:2]
    return Arrays(x[:200_000], y[:200_000], x, y)


def test_a_long_epoch_can_be_stopped_and_paused_within_it(long_table):
    spec = TrainingSpec(schedule="constant", epochs=3, batch_size=16, engine="graph")
    training = Background(long_table, spec)
    training.wait_until(lambda: training.run.progress > 0.02)
    paused = training.progress_until(training.run.request_pause, lambda: training.run.status == "paused")
    at_pause = training.run.progress
    time.sleep(0.2)
    assert training.run.progress == at_pause < 1
    training.run.set_learning_rate(0.5)
    training.run.request_resume()
    training.wait_until(lambda: training.run.progress > at_pause)
    assert training.run.learning_rate == 0.5
    stopped = training.progress_until(training.run.request_stop, lambda: training.run.ended)
    training.join()
    assert training.run.status == "stopped"
    assert training.run.history == ()
    # No epoch has ended: what was learnt is kept all the same.
    assert any((a != b).any() for a, b in zip(training.network.get_weights(), training.first_weights, strict=True))
    assert 0 <= max(paused, stopped) < 0.3  # of an epoch, which takes seconds


def test_a_long_validation_is_cut_as_well(long_table):
    spec = TrainingSpec(schedule="constant", epochs=50, batch_size=20_000, engine="graph")
    arrays = Arrays(
        long_table.x[:20_000], long_table.y[:20_000], np.tile(long_table.x, (4, 1)), np.tile(long_table.y, (4, 1))
    )
    seen = set()
    network, run = make_network(arrays, hidden=(256, 256)), Run(spec.epochs)
    run.subscribe(lambda run: (seen.add(run.progress), run.request_stop() if len(seen) > 4 else None))
    train(network, arrays, spec, run, seed=0)
    assert run.status == "stopped"
    assert len([progress for progress in seen if 0 < progress < 1]) >= 3  # an epoch is 1 train step and many others


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stopped_run_keeps_its_best_weights(engine):
    # Targets are noise, so that the best validation loss comes early; then it grows.
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 5)), rng.standard_normal((60, 1))
    arrays = Arrays(x[:40], y[:40], x[40:], y[40:])
    spec = TrainingSpec(
        schedule="constant", epochs=FOREVER, batch_size=8, patience=0, engine=engine, learning_rate=0.01
    )
    training = Background(arrays, spec)
    training.wait_until(lambda: len(training.run.history) > (200 if engine == "graph" else 30))
    training.run.request_stop()
    training.join()
    best = training.run.best
    assert training.run.status == "stopped"
    assert best.epoch < training.run.history[-1].epoch
    predicted = training.network(arrays.x_val).numpy()
    assert float(np.mean((predicted - arrays.y_val) ** 2)) == pytest.approx(best.val_loss, rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_learning_rate_live_and_the_schedule_in_proportion(engine, arrays):
    spec = TrainingSpec(epochs=8, batch_size=16, patience=0, engine=engine, schedule="exponential", learning_rate=0.01)
    run = Run(spec.epochs)
    asked = threading.Event()

    def after_three(run):
        if len(run.history) >= 3 and not asked.is_set():
            asked.set()
            run.set_learning_rate(1.0)

    run.subscribe(after_three)
    network = make_network(arrays)
    # One epoch a call, so that the wish comes after the third.
    train(network, arrays, spec, run, seed=0, callbacks=[keras.callbacks.Callback()])
    rates = np.array([row.learning_rate for row in run.history])
    np.testing.assert_allclose(rates[:3], 0.01 * 0.01 ** (np.arange(3) / 8), rtol=1e-5)
    np.testing.assert_allclose(rates[3:], 0.01 ** (np.arange(5) / 8), rtol=1e-5)


@pytest.mark.parametrize("engine", [*ENGINES, "xla"])
def test_a_loss_that_is_no_number(engine, arrays):
    """Inputs of the second target's rows overflow after some steps at this rate; the start is what was best."""
    network = make_network(arrays, hidden=(4,))
    before = network.get_weights()
    run = Run(50)
    spec = TrainingSpec(
        schedule="constant", epochs=50, batch_size=16, engine=engine, optimizer="sgd", learning_rate=1e9
    )
    with pytest.raises(TrainingError, match="lower learning rate"):
        train(network, arrays, spec, run, seed=0)
    assert run.status == "failed"
    assert isinstance(run.error, TrainingError)
    assert all(np.isfinite(row.loss) for row in run.history)
    assert all(np.isfinite(weights).all() for weights in network.get_weights())
    if not run.history:
        for now, then in zip(network.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rate_that_turns_bad_leaves_the_best_weights(engine, arrays):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 5:
                self.model.optimizer.learning_rate = 1e9

    spec = TrainingSpec(
        schedule="constant", epochs=50, batch_size=16, engine=engine, optimizer="sgd", learning_rate=0.01
    )
    network, run = make_network(arrays), Run(50)
    with pytest.raises(TrainingError):
        train(network, arrays, spec, run, seed=0, callbacks=[Spoil()])
    predicted = network(arrays.x_val).numpy()
    assert float(np.mean((predicted - arrays.y_val) ** 2)) == pytest.approx(run.best.val_loss, rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_any_other_error_ends_the_run_too(engine, arrays):
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise OSError("no space left")

    run = Run(10)
    with pytest.raises(OSError, match="no space"):
        train(
            make_network(arrays),
            arrays,
            TrainingSpec(schedule="constant", epochs=10, engine=engine),
            run,
            seed=0,
            callbacks=[Broken()],
        )
    assert run.status == "failed"
    assert isinstance(run.error, OSError)


@pytest.mark.parametrize("engine", ENGINES)
def test_keyboard_interrupt_stops_with_the_best_weights(engine, arrays):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 3:
                raise KeyboardInterrupt

    spec = TrainingSpec(schedule="constant", epochs=10, batch_size=16, engine=engine)
    network, run = trained(arrays, spec, callbacks=[Interrupt()])
    assert run.status == "stopped"
    predicted = network(arrays.x_val).numpy()
    assert float(np.mean((predicted - arrays.y_val) ** 2)) == pytest.approx(run.best.val_loss, rel=1e-5)


def test_progress_is_told_at_most_15_times_a_second(long_table):
    spec = TrainingSpec(schedule="constant", epochs=1, batch_size=16, engine="graph")
    run, told = Run(1), []

    def note(run) -> None:
        told.append((time.monotonic(), run.progress))
        if sum(0 < progress < 1 for _, progress in told) == 15:
            run.request_stop()

    run.subscribe(note)
    train(make_network(long_table), long_table, spec, run, seed=0)
    within = [when for when, progress in told if 0 < progress < 1]
    assert len(within) >= 15
    assert len(within) <= 15 * (within[-1] - within[0]) + 4
    assert run.epochs_per_second is not None


@pytest.mark.parametrize("target_seconds", [1e-6, 0.01, 10.0])
def test_the_cut_into_calls_makes_no_difference(arrays, monkeypatch, target_seconds):
    spec = TrainingSpec(epochs=40, batch_size=16, patience=7, engine="graph", learning_rate=0.05, schedule="plateau")
    usual, usual_run = trained(arrays, spec, dropout=0.2)
    monkeypatch.setattr("nbreg.training.pace.TARGET_SECONDS", target_seconds)
    other, other_run = trained(arrays, spec, dropout=0.2)
    assert other_run.history == usual_run.history
    assert_same_weights(usual, other)


def test_seeds(arrays):
    spec = TrainingSpec(schedule="constant", epochs=5, batch_size=16, engine="graph")
    first, first_run = trained(arrays, spec, seed=1, dropout=0.2)
    again, again_run = trained(arrays, spec, seed=1, dropout=0.2)
    other, _ = trained(arrays, spec, seed=2, dropout=0.2)
    assert first_run.history == again_run.history
    assert_same_weights(first, again)
    assert differ(first, other)


def test_notebook_random_numbers_are_left_alone(arrays):
    import random

    random.seed(5)
    np.random.seed(5)
    before = random.getstate(), np.random.get_state()[1].copy()
    trained(arrays, TrainingSpec(schedule="constant", epochs=2, engine="graph"), hidden=(3,), dropout=0.5)
    assert random.getstate() == before[0]
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
