"""A steered training is on record, and told again from the record it gives the same bits."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_training import assert_same_weights, make_arrays, make_network, stock_fit, trained

from nbreg.training import trainers
from nbreg.training.compiled_epochs import Shape
from nbreg.training.fit import train
from nbreg.training.pace import Pace
from nbreg.training.run import RateChange, Row, Run, Start
from nbreg.training.schedules import LearningRates
from nbreg.training.spec import TrainingSpec
from nbreg.training.steering_plan import Place

ENGINES = ["graph", "xla", "keras"]


class Steered(Run):
    """A run whose rates are set, and that is stopped, once so many epochs are done: as by clicks at that moment."""

    def __init__(self, epochs, rates, stop_at=np.inf):
        super().__init__(epochs)
        self.to_set, self.stop_at = dict(rates), stop_at

    def hold(self, model):
        for progress in [each for each in self.to_set if each <= self.progress]:
            self.set_learning_rate(self.to_set.pop(progress))
        if self.progress >= self.stop_at:
            self.request_stop()
        super().hold(model)


def step_by_step(monkeypatch):
    """Let each call of a compiled function do one step, but for the first ones."""
    monkeypatch.setattr("nbreg.training.pace.TARGET_SECONDS", 1e-9)


SPEC = TrainingSpec(epochs=9, batch_size=16, patience=0, learning_rate=0.01)
#: Epochs are 6 train steps and a validation step.
CASES = {
    "cosine": ({}, {}, {0: 0.03, 2.2: 0.05, 3.9: 0.002, 6: 0.01}, np.inf),
    "stopped": ({"patience": 5, "schedule": "constant"}, {}, {1.5: 0.02, 5.3: 0.5}, 6.4),
    "plateau": ({"schedule": "plateau", "epochs": 24, "learning_rate": 0.2}, {"dropout": 0.2}, {9.4: 0.5, 18.2: 0.1},
                np.inf),
    "sgd": ({"schedule": "one_cycle", "optimizer": "sgd"}, {"batch_norm": True}, {2.99: 0.05}, 5),
}  # fmt: skip


# Not each case with each engine, for XLA takes seconds to compile, and Keras's fit as long to train.
@pytest.mark.parametrize(
    ("case", "engine"),
    [*((case, "graph") for case in CASES), ("plateau", "xla"), ("cosine", "keras"), ("stopped", "keras")],
)
def test_what_was_steered_comes_out_alike_when_planned(case, engine, arrays, monkeypatch):
    choices, network_choices, rates, stop_at = CASES[case]
    spec = replace(SPEC, engine=engine, **choices)
    run = Steered(spec.epochs, rates, stop_at)
    network = make_network(arrays, **network_choices)
    with monkeypatch.context() as patched:
        step_by_step(patched)
        train(network, arrays, spec, run, seed=0)
    assert [change.learning_rate for change in run.changes] == list(rates.values())
    assert all(0 <= change.progress - asked < 1.5 for change, asked in zip(run.changes, rates, strict=True))
    assert run.status == ("finished" if stop_at == np.inf else "stopped")
    stops = {} if stop_at == np.inf else {"stop_after": len(run.history)}
    again, again_run = trained(arrays, replace(spec, rate_change=run.changes, **stops), **network_choices)
    assert again_run.history == run.history
    assert again_run.changes == run.changes
    assert again_run.status == run.status
    assert again_run.learning_rate == run.learning_rate
    assert_same_weights(again, network)
    assert case != "plateau" or min(row.learning_rate for row in run.history[19:]) < 0.1  # it fell by itself as well


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_changes_within_a_validation_are_told_again(engine, monkeypatch):
    arrays = make_arrays(90, 900)
    monkeypatch.setattr("nbreg.training.engines._MOST_VALIDATION_ROWS", 256)  # four steps
    spec = replace(SPEC, engine=engine)
    run = Steered(spec.epochs, {3.75: 0.05, 4.85: 0.001})
    network = make_network(arrays)
    with monkeypatch.context() as patched:
        step_by_step(patched)
        train(network, arrays, spec, run, seed=0)
    assert [change.progress for change in run.changes] == [3.8, 4.9]
    again, again_run = trained(arrays, replace(spec, rate_change=run.changes))
    assert (again_run.history, again_run.changes) == (run.history, run.changes)
    assert_same_weights(again, network)


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_a_planned_change_takes_effect_where_it_is_planned_and_the_schedule_goes_on(engine, arrays):
    planned = {0: 0.02, 2.4: 0.08, 5: 0.003}  # the second one after 3 of 7 steps
    _, run = trained(arrays, replace(SPEC, engine=engine, rate_change=planned))
    assert [change.progress for change in run.changes] == [0, 2.428571, 5]
    factor = LearningRates("cosine", 1.0, 9).at
    since = [(0, 0.02)] * 2 + [(2, 0.08)] * 3 + [(5, 0.003)] * 4
    expected = [rate * factor(epoch) / factor(begun) for epoch, (begun, rate) in enumerate(since)]
    np.testing.assert_allclose([row.learning_rate for row in run.history], expected, rtol=1e-6)


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_a_planned_change_is_stock_keras_with_another_rate_in_the_middle(engine, arrays):
    class ChangeAfter(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.params["epoch"] == 1 and batch == 2:
                self.model.optimizer.learning_rate = 0.05

        def on_epoch_begin(self, epoch, logs=None):
            self.params["epoch"] = epoch

    spec = replace(SPEC, epochs=4, schedule="constant", engine=engine, rate_change={1 + 3 / 7: 0.05})
    ours, _ = trained(arrays, spec)
    theirs = make_network(arrays)
    stock_fit(theirs, arrays, keras.optimizers.Adam(0.01), epochs=4, callbacks=[ChangeAfter()])
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_a_stop_beyond_the_last_epoch_stops_nothing(engine, arrays):
    spec = replace(SPEC, engine=engine, epochs=3)
    plain, plain_run = trained(arrays, spec)
    for stop_after in (3, 1_000):
        network, run = trained(arrays, replace(spec, stop_after=stop_after, rate_change={20: 0.5}))
        assert run.status == "finished"
        assert (run.history, run.changes) == (plain_run.history, ())
        assert_same_weights(network, plain)


class ReadWeights(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.after = {}

    def on_epoch_end(self, epoch, logs=None):
        self.after[epoch + 1] = self.model.get_weights()


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_a_planned_stop_leaves_the_best_weights_or_the_last_ones(engine, arrays):
    spec = replace(SPEC, engine=engine, epochs=10, schedule="constant", learning_rate=0.1, patience=30)
    reading = ReadWeights()
    _, whole = trained(arrays, spec, callbacks=[reading], dropout=0.2)
    for epoch in (1, 5):
        run, network = Run(10), make_network(arrays, dropout=0.2)
        train(network, arrays, replace(spec, stop_after=epoch), run, seed=0, keep_last=True)
        assert (run.status, run.history) == ("stopped", whole.history[:epoch])
        for weights, expected in zip(network.get_weights(), reading.after[epoch], strict=True):
            np.testing.assert_array_equal(weights, expected)
    stopped, run = trained(arrays, replace(spec, stop_after=7), dropout=0.2)
    assert run.best.epoch < 7  # else best and last are the same
    for weights, expected in zip(stopped.get_weights(), reading.after[run.best.epoch], strict=True):
        np.testing.assert_array_equal(weights, expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_goes_on_from_the_weights_that_the_network_has(engine, arrays):
    spec = replace(SPEC, epochs=3, schedule="constant", engine=engine)
    ours, _ = trained(arrays, spec)
    theirs = make_network(arrays)
    theirs.set_weights(ours.get_weights())
    trained(arrays, replace(spec, learning_rate=0.02), network=ours, seed=5)
    # Its optimizer begins anew, as ours does.
    xla = engine == "xla"
    stock_fit(theirs, arrays, keras.optimizers.Adam(0.02), epochs=3, xla="auto" if engine == "keras" else xla, seed=5)
    assert_same_weights(ours, theirs)


def test_planned_steering_needs_no_other_trainer(arrays):
    trainers.clear_trainers()
    for steering in ({}, {"rate_change": {2.2: 0.5}}, {"stop_after": 3}):
        trained(arrays, replace(SPEC, engine="graph", **steering))
    assert len(trainers._idle) == 1


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_what_callbacks_set_is_not_on_record_and_what_is_set_live_beside_them_goes_in_proportion(
    engine, arrays, monkeypatch
):
    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate = 0.5 * float(self.model.optimizer.learning_rate)

    step_by_step(monkeypatch)
    run = Steered(9, {4.5: 0.05})
    train(make_network(arrays), arrays, replace(SPEC, engine=engine), run, seed=0, callbacks=[Halve()])
    assert [change.learning_rate for change in run.changes] == [0.05]
    factor = LearningRates("cosine", 0.05, 9).at
    rates = [row.learning_rate for row in run.history]
    np.testing.assert_allclose(rates[4:], [factor(epoch) / factor(4) * 0.05 for epoch in range(4, 9)], rtol=1e-5)


@given(st.integers(0, 100_000), st.integers(1, 100_000), st.data())
def test_a_place_on_record_is_found_again(epoch, n_units, data):
    place = Place(epoch, data.draw(st.integers(0, n_units - 1)))
    assert Place.of(round(place.progress(n_units), 6), n_units) == place


@given(
    st.sampled_from([1e-6, 1e-4, 1e-2, 10.0]), st.sets(st.tuples(st.integers(0, 3), st.integers(0, 104)), max_size=5)
)
def test_calls_end_at_the_places_that_are_planned(seconds_a_step, planned):
    shape = Shape(1_000, 500, 3, 1, 10, 100)
    pace, at, seen, cuts = Pace(shape, seconds_a_step), Place(0, 0), [], set()
    while at.epoch < 4:
        cuts.add(tuple(at))
        until = min((place for place in planned if place > at), default=None)
        span = pace.span(*at, 4 - at.epoch, Place(*until) if until else None)
        seen += [(span.epoch + i, u) for i in range(span.n_epochs) for u in range(span.first, span.last)]
        at = Place(at.epoch + span.n_epochs, 0) if span.last == 105 else Place(at.epoch, span.last)
    assert seen == [(epoch, unit) for epoch in range(4) for unit in range(105)]
    assert planned <= cuts


class TestOnRecord:
    def make(self):
        run = Run(9)
        run.begin()
        run.start = Start("run 3", 17)
        run.note_change(0.0, 0.5)
        run.note_change(1 + 1 / 3, 0.05)
        run.record([Row(1, 3.0, np.nan, 0.5), Row(2, 3.0, 2.0, 0.05)])
        return run

    @pytest.mark.parametrize(
        "kept",
        [lambda run: Run.from_dict(json.loads(json.dumps(run.to_dict()))), lambda run: pickle.loads(pickle.dumps(run))],
    )
    def test_outlives_the_process(self, kept):
        run = self.make()
        run.finish()
        again = kept(run)
        assert again.changes == (RateChange(0.0, 0.5), RateChange(1.333333, 0.05))
        assert isinstance(again.changes[0], RateChange)
        assert again.start == Start("run 3", 17)
        assert again.start.epoch == 17

    def test_is_not_missed_in_files_of_earlier_versions(self):
        run = self.make()
        run.finish()
        kept = run.to_dict()
        del kept["changes"], kept["start"]
        assert (Run.from_dict(kept).changes, Run.from_dict(kept).start) == ((), None)

    def test_has_one_change_a_step_the_last(self):
        run = self.make()
        run.note_change(1.3333334, 0.07)
        assert run.changes == (RateChange(0.0, 0.5), RateChange(1.333333, 0.07))

    @pytest.mark.parametrize(("status", "n_kept"), [("stopped", 2), ("finished", 3), ("failed", 3)])
    def test_leaves_out_what_a_stop_made_void(self, status, n_kept):
        run = self.make()
        run.note_change(2.5, 0.1)
        run.fail(OSError("no memory")) if status == "failed" else run.finish(status)
        assert len(run.changes) == n_kept
