"""The parts of training that need no network, or just one."""

from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np
import pytest
from small_training import make_arrays, make_network, trained

from nbreg.errors import TrainingError
from nbreg.training.arrays import Arrays
from nbreg.training.compiled_epochs import Shape
from nbreg.training.engines import engine_of, shape_of
from nbreg.training.epoch_order import epoch_order
from nbreg.training.pace import Pace
from nbreg.training.range_test import find_learning_rate
from nbreg.training.run import Row, Run
from nbreg.training.schedules import SCHEDULES, LearningRates
from nbreg.training.spec import TrainingSpec


class TestArrays:
    def test_become_float32_matrices(self):
        arrays = Arrays(np.ones((3, 2)), np.ones((3, 1)), np.ones((0, 2)), np.ones((0, 1)))
        assert arrays.x.dtype == arrays.y.dtype == np.float32
        assert (arrays.n_rows, arrays.n_inputs, arrays.n_targets, arrays.n_validation_rows) == (3, 2, 1, 0)
        assert arrays.x_val is None

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ((np.ones((0, 2)), np.ones((0, 1))), "at least one"),
            ((np.ones((3, 2)), np.ones((2, 1))), "3 train rows of inputs but 2"),
            ((np.ones((3, 2)), np.ones(3)), "1 dimensions"),
            ((np.ones((3, 2)), np.ones((3, 1)), np.ones((1, 2))), "both"),
        ],
    )
    def test_say_what_does_not_fit(self, given, said):
        with pytest.raises(TrainingError, match=said):
            Arrays(*given)


class TestEpochOrder:
    def test_is_a_permutation_that_goes_by_seed_and_epoch(self):
        orders = [tuple(epoch_order(seed, epoch, 50)) for seed in range(3) for epoch in range(3)]
        assert len(set(orders)) == 9
        assert all(sorted(order) == list(range(50)) for order in orders)

    def test_is_numpys_own(self):
        np.testing.assert_array_equal(epoch_order(7, 2, 9), np.random.default_rng((7, 2)).permutation(9))


class TestSchedules:
    def test_cosine_is_keras_cosine(self):
        decay = keras.optimizers.schedules.CosineDecay(1.0, 10)
        ours = [SCHEDULES["cosine"](epoch, 10) for epoch in range(10)]
        np.testing.assert_allclose(ours, [float(decay(epoch)) for epoch in range(10)], atol=1e-6)

    def test_exponential_is_keras_exponential(self):
        decay = keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.01)
        ours = [SCHEDULES["exponential"](epoch, 10) for epoch in range(10)]
        np.testing.assert_allclose(ours, [float(decay(epoch)) for epoch in range(10)], rtol=1e-5)

    def test_step_falls_to_a_third_twice(self):
        np.testing.assert_allclose([SCHEDULES["step"](e, 6) for e in range(6)], [1, 1, 1 / 3, 1 / 3, 1 / 9, 1 / 9])

    def test_one_cycle_rises_and_falls(self):
        rates = [SCHEDULES["one_cycle"](epoch, 101) for epoch in range(101)]
        assert rates[0] == pytest.approx(1 / 25)
        assert int(np.argmax(rates)) == 30
        assert rates[30] == pytest.approx(1)
        assert rates[-1] == pytest.approx(1e-4)

    @pytest.mark.parametrize("name", SCHEDULES)
    @pytest.mark.parametrize("epochs", [1, 2, 3, 1000])
    def test_rates_are_positive_and_the_base_is_the_highest(self, name, epochs):
        rates = [LearningRates(name, 0.5, epochs).at(epoch) for epoch in range(epochs)]
        assert 0 < min(rates) <= max(rates) <= 0.5


class TestPace:
    shape = Shape(1_000, 500, 3, 1, 10, 100)

    def test_cuts_cover_each_unit_once(self):
        for seconds_a_step in (1e-6, 1e-4, 1e-2, 10.0):
            pace, epoch, unit, seen = Pace(self.shape, seconds_a_step), 0, 0, []
            while epoch < 3:
                span = pace.span(epoch, unit, 3 - epoch)
                seen += [(span.epoch + i, u) for i in range(span.n_epochs) for u in range(span.first, span.last)]
                epoch, unit = (epoch + span.n_epochs, 0) if span.last == self.shape.n_units else (epoch, span.last)
            assert seen == [(e, u) for e in range(3) for u in range(105)]

    def test_a_call_takes_about_its_time(self):
        pace = Pace(self.shape)
        pace.note(pace.span(0, 0, 9), 1, seconds=3.0)  # compiles
        for _ in range(8):
            span = pace.span(0, 0, 10_000)
            pace.note(span, span.n_epochs, seconds=0.001 * (span.last - span.first) * span.n_epochs)
        assert pace.span(0, 0, 9)[1:] == (1, 0, 80)


class TestEngine:
    @pytest.mark.parametrize(
        ("epochs", "choices", "engine"),
        [
            (10, {}, "graph"),
            (10_000, {}, "xla"),
            (10_000, {"dropout": 0.1}, "xla"),
            (10_000, {"dropout": 0.1, "hidden": (600, 500)}, "graph"),
            (10_000, {"hidden": (512, 512)}, "graph"),
        ],
    )
    def test_goes_by_spec_layers_and_shapes(self, arrays, epochs, choices, engine):
        spec, network = TrainingSpec(schedule="constant", epochs=epochs), make_network(arrays, **choices)
        assert engine_of(network, shape_of(network, arrays, spec), spec) == engine

    def test_wide_tables_stay_with_the_graph(self):
        arrays = make_arrays(n_inputs=535)
        spec, network = TrainingSpec(schedule="constant", epochs=100_000), make_network(arrays)
        assert engine_of(network, shape_of(network, arrays, spec), spec) == "graph"


class TestRangeTest:
    @pytest.mark.parametrize("optimizer", ["adam", "sgd"])
    def test_finds_a_rate_that_learns_and_leaves_the_network(self, optimizer):
        arrays = make_arrays(400)
        spec = TrainingSpec(schedule="constant", epochs=30, optimizer=optimizer, learning_rate="auto", patience=0)
        network = make_network(arrays)
        before = network.get_weights()
        found = find_learning_rate(network, arrays, spec, seed=0)
        for now, then in zip(network.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)
        assert len(found.learning_rates) == len(found.losses)
        assert 1e-4 < found.suggestion < 0.5
        _, run = trained(arrays, spec, network=network)
        assert run.range_test.suggestion == found.suggestion
        assert run.history[-1].loss < 0.5 * run.history[0].loss

    def test_first_loss_is_that_of_the_first_batch(self, arrays):
        network = make_network(arrays)
        found = find_learning_rate(
            network, arrays, TrainingSpec(schedule="constant", batch_size=16, learning_rate="auto"), seed=3
        )
        rows = epoch_order(3, 0, arrays.n_rows)[:16]
        loss = float(np.mean((network(arrays.x[rows]).numpy() - arrays.y[rows]) ** 2))
        assert found.losses[0] == pytest.approx(loss, rel=1e-5)


class TestRun:
    def test_best_goes_by_the_validation_loss(self):
        run = Run(3)
        run.begin()
        run.record([Row(1, 3.0, 2.0, 0.1), Row(2, 2.0, 1.0, 0.1), Row(3, 1.0, 1.5, 0.05)])
        assert (run.best.epoch, run.progress, run.learning_rate) == (2, 3.0, 0.05)

    def test_watchers_hear_until_they_leave(self):
        run, heard = Run(3), []
        leave = run.subscribe(lambda run: heard.append(run.status))
        run.begin()
        leave()
        run.finish()
        assert heard == ["running"]
        assert run.wait(0)


_QUIET = """
import os, sys
from nbreg.training.quiet import import_keras, import_tensorflow
class NotAFile:
    def write(self, text): raise AssertionError(text)
    def flush(self): pass
sys.stderr = NotAFile()
keras, tf = import_keras(), import_tensorflow()
assert keras.backend.backend() == "tensorflow"
assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ
os.write(2, b"after")
"""


def test_tensorflow_starts_quietly_and_stderr_comes_back():
    done = subprocess.run([sys.executable, "-c", _QUIET], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "after")
