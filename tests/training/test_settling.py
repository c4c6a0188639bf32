"""What steps do not train is set when they have ended, and before the run has: who waits for that finds it."""

from __future__ import annotations

import pytest
from small_training import make_arrays, make_network, train

from nbreg.errors import TrainingError
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec


def settled(run: Run, **choices) -> list[bool]:
    """Train, and return whether the run had ended when it was time to settle."""
    arrays, ended = make_arrays(), []
    spec = TrainingSpec(epochs=run.epochs, batch_size=16, engine="graph", **choices)
    train(make_network(arrays), arrays, spec, run, seed=0, settle=lambda: ended.append(run.ended))
    return ended


def test_a_run_that_finishes():
    run = Run(2)
    assert settled(run) == [False]
    assert run.status == "finished"


def test_a_run_that_is_stopped():
    run = Run(2)
    run.subscribe(lambda changed: changed.request_stop() if changed.status == "running" else None)
    assert settled(run) == [False]
    assert run.status == "stopped"


def test_a_run_that_fails_has_its_best_weights_settled():
    run = Run(50)
    told = []
    arrays = make_arrays()
    spec = TrainingSpec(epochs=50, batch_size=16, engine="graph", optimizer="sgd", learning_rate=1e6)
    with pytest.raises(TrainingError):
        train(make_network(arrays), arrays, spec, run, seed=0, settle=lambda: told.append(run.ended))
    assert told == [False]
    assert run.status == "failed"


def test_an_error_in_settling_fails_the_run():
    run, arrays = Run(1), make_arrays()

    def fail() -> None:
        raise ValueError("nothing to settle by")

    with pytest.raises(ValueError, match="nothing to settle"):
        train(make_network(arrays), arrays, TrainingSpec(epochs=1, engine="graph"), run, seed=0, settle=fail)
    assert run.status == "failed"
