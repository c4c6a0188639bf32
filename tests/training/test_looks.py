"""A training can be looked into while it goes on, and takes no notice."""

from __future__ import annotations

import threading
import time
import warnings

import numpy as np
import pytest
from small_training import assert_same_weights, make_network, trained

from nbreg.networks.forward import predict_rows
from nbreg.training.fit import train
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec

ENGINES = ["graph", "keras"]
SPEC = TrainingSpec(epochs=8, batch_size=16, patience=3, learning_rate=0.05)


def spec_for(engine):
    return TrainingSpec(**{**vars(SPEC), "engine": engine})


@pytest.mark.parametrize("engine", [*ENGINES, "xla"])
def test_looks_change_no_bits(engine, arrays, monkeypatch):
    monkeypatch.setattr("nbreg.training.pace.TARGET_SECONDS", 1e-9)
    unseen, unseen_run = trained(arrays, spec_for(engine), dropout=0.2, batch_norm=True)
    run, network, seen = Run(8), make_network(arrays, dropout=0.2, batch_norm=True), []

    def look(model):
        seen.append((run.progress, predict_rows(model, arrays.x_val)))
        run.request_look(look)  # again after the next step

    run.request_look(look)
    train(network, arrays, spec_for(engine), run, seed=0)
    assert len(seen) > 3 * len(run.history)
    assert run.history == unseen_run.history
    assert_same_weights(network, unseen)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_look_sees_the_weights_of_the_moment(engine, arrays):
    """The validation loss of an epoch is that of the network seen at its end."""
    import keras

    run, seen = Run(8), {}

    def look(model):
        if run.progress == int(run.progress):
            seen[int(run.progress)] = float(np.mean((model(arrays.x_val, training=False).numpy() - arrays.y_val) ** 2))
        run.request_look(look)

    run.request_look(look)
    # With a callback, a call is an epoch at most.
    train(make_network(arrays), arrays, spec_for(engine), run, seed=0, callbacks=[keras.callbacks.Callback()])
    losses = {row.epoch: row.val_loss for row in run.history}
    compared = [epoch for epoch in seen if epoch in losses]
    assert len(compared) >= 3
    np.testing.assert_allclose([seen[each] for each in compared], [losses[each] for each in compared], rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paused_training_can_be_looked_into(engine, arrays):
    run, seen, threads = Run(10_000), threading.Event(), []

    def look(model):
        threads.append(threading.current_thread().name)
        seen.set()

    spec = TrainingSpec(**{**vars(SPEC), "epochs": 10_000, "patience": 0, "engine": engine})
    trainer = threading.Thread(
        target=train, args=(make_network(arrays), arrays, spec, run), kwargs={"seed": 0}, name="trainer", daemon=True
    )
    run.request_pause()
    trainer.start()
    deadline = time.monotonic() + 60
    while run.status != "paused":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    progress = run.progress
    run.request_look(look)
    assert seen.wait(10)
    assert run.status == "paused"
    assert run.progress == progress
    run.request_stop()
    trainer.join(60)
    assert threads == ["trainer"]
    assert run.status == "stopped"


def test_only_the_latest_look_is_served_and_once():
    run, seen = Run(3), []
    run.begin()
    run.request_look(lambda model: seen.append(("first", model)))
    run.request_look(lambda model: seen.append(("second", model)))
    run.hold("model")
    run.hold("model")
    assert seen == [("second", "model")]


@pytest.mark.parametrize("status", ["stopped", "finished", "failed"])
def test_nothing_is_seen_after_the_end(status):
    run, seen = Run(3), []
    run.begin()
    run.request_look(seen.append)
    run.fail(OSError()) if status == "failed" else run.finish(status)
    run.request_look(seen.append)
    run.hold("model")
    assert not seen


def test_who_watches_is_not_told_of_looks():
    run, told = Run(3), []
    run.begin()
    run.subscribe(told.append)
    run.request_look(lambda model: None)
    run.hold("model")
    assert not told


@pytest.mark.parametrize("action", ["always", "error"])
def test_a_look_that_fails_harms_nothing_and_is_told_once(action, arrays):
    run, n_failed = Run(8), []

    def look(model):
        run.request_look(look)
        n_failed.append(1)
        raise ValueError("no such layer")

    run.request_look(look)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        train(make_network(arrays), arrays, spec_for("keras"), run, seed=0)
    assert run.status == "finished"
    assert len(n_failed) > 8
    said = [str(each.message) for each in caught if "look" in str(each.message)]
    assert said == (["The training goes on, but a look at it failed: ValueError: no such layer"] * (action == "always"))
    assert run.history == trained(arrays, spec_for("keras"))[1].history
