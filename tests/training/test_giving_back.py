"""The memory of forgotten trainers is given back now and then, and nothing that computes notices."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from dataclasses import replace

import keras
import numpy as np
import pytest
from small_training import assert_same_weights, trained

from nbreg.networks.forward import predict_rows
from nbreg.training import giving_back, trainers
from nbreg.training.giving_back import EVERY, Forgotten, give_memory_back
from nbreg.training.spec import TrainingSpec

pytestmark = pytest.mark.usefixtures("no_trainers")

SPEC = TrainingSpec(schedule="constant", learning_rate=0.01, epochs=2, batch_size=16, patience=0, engine="graph")


@pytest.fixture
def times(monkeypatch):
    """Count how often memory is given back."""
    seen = []

    def noted():
        seen.append(len(seen))
        give_memory_back()

    monkeypatch.setattr(giving_back, "give_memory_back", noted)
    monkeypatch.setattr(trainers, "_forgotten", Forgotten())
    return seen


@pytest.fixture
def clearings(monkeypatch):
    """Count how often TensorFlow's cache of kernels is emptied, which this TensorFlow can."""
    context = sys.modules["tensorflow.python.eager.context"].context()
    seen, stock = [], context.clear_kernel_cache

    def noted():
        seen.append(None)
        stock()

    monkeypatch.setattr(context, "clear_kernel_cache", noted)
    return seen


def train_kinds(arrays, sizes):
    for batch_size in sizes:
        trained(arrays, replace(SPEC, epochs=1, batch_size=batch_size))


def test_memory_is_given_back_after_some_trainers_were_forgotten(arrays, monkeypatch, times, clearings):
    monkeypatch.setattr(trainers, "CAPACITY", 1)
    train_kinds(arrays, range(8, 8 + EVERY))
    assert (len(times), len(clearings)) == (0, 0)  # all but the last one are forgotten
    train_kinds(arrays, [8 + EVERY])
    assert (len(times), len(clearings)) == (1, 1)


def test_trainers_that_are_used_again_give_nothing_back(arrays, times):
    train_kinds(arrays, [8] * (EVERY + 2))
    assert times == []


def test_clearing_gives_back_at_once_where_there_is_something(arrays, times):
    trainers.clear_trainers()
    assert times == []
    train_kinds(arrays, [8])
    trainers.clear_trainers()
    assert times == [0]


def test_weights_states_and_functions_of_forgotten_trainers_are_gone(arrays):
    trained(arrays, SPEC)
    (entry,) = trainers._idle.values()
    trainer = entry[1]
    parts = [trainer, trainer.model, trainer.model.optimizer, *trainer.model.weights, *trainer.best_weights,
             trainer._call, trainer._traced, trainer._train_step]  # fmt: skip
    gone = [weakref.ref(part) for part in parts]
    gc.disable()  # nobody else collects
    try:
        del entry, trainer, parts
        trainers.clear_trainers()
        assert [reference() for reference in gone] == [None] * len(gone)
    finally:
        gc.enable()


@pytest.mark.parametrize("engine", ["graph", "xla"])
def test_trainings_and_predictions_go_on_to_the_same_bits(arrays, engine):
    spec = replace(SPEC, engine=engine)
    first, _ = trained(arrays, spec)
    before = predict_rows(first, arrays.x)
    give_memory_back()
    again, _ = trained(arrays, spec)  # by a trainer that is there
    assert_same_weights(first, again)
    np.testing.assert_array_equal(predict_rows(first, arrays.x), before)


def test_memory_is_not_given_back_while_another_thread_trains(arrays, times):
    def train() -> None:
        trained(arrays, SPEC, callbacks=[keras.callbacks.LambdaCallback(on_train_begin=lambda _: hold())])

    def hold() -> None:
        begun.set()
        go_on.wait(60)

    begun, go_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=train)
    thread.start()
    assert begun.wait(60)
    trainers._forgotten.add(EVERY)
    assert times == []
    go_on.set()
    thread.join(60)
    assert times == [0]


def test_a_training_that_was_left_half_way_may_be_collected(arrays, times):
    lent = trainers._forgotten.busy()
    lent.__enter__()
    trainers._forgotten.add(EVERY)
    assert times == []
    del lent
    gc.collect()
    assert times == [0]


def test_another_tensorflow_and_another_system_do_without(monkeypatch):
    monkeypatch.setattr(giving_back, "_malloc_trim", lambda: None)
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", None)
    give_memory_back()
    assert giving_back._clear_kernels() is None
