"""Training on streamed rows: the same as in memory, steered alike, and clean at its end."""

import threading
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from nbreg.data.dataset import prepare
from nbreg.data.spec import DataSpec
from nbreg.data.streaming import order
from nbreg.data.streaming.stored import StoredTable
from nbreg.errors import DataError, OptionError, TrainingError
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.forward import predict_rows
from nbreg.networks.inputs import Inputs
from nbreg.networks.mlp import Mlp
from nbreg.networks.targets import Targets
from nbreg.training.ahead import Ahead
from nbreg.training.fit import train
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec
from nbreg.training.streamed_arrays import StreamedArrays, arrays_of

SPEC = TrainingSpec(epochs=6, batch_size=32, learning_rate=0.02, engine="graph")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three files: row groups of 40 rows, one of 7, which is less than a batch, and of 100."""
    folder = tmp_path_factory.mktemp("streamed")
    rng = np.random.default_rng(2)
    for number, (n, size) in enumerate(((150, 40), (7, 40), (443, 100))):
        frame = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
        frame["kind"] = rng.choice(["u", "v"], n)
        frame["y"] = np.sin(frame["a"]) + frame["b"] * frame["c"] + 0.2 * rng.normal(size=n)
        frame.to_parquet(folder / f"{number}.parquet", row_group_size=size)
    return folder


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 128 rows, so that an epoch has three: 128, 128 and 128 of 384 train rows."""
    monkeypatch.setattr(order, "MOST_ROWS", 130)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not [each.name for each in threading.enumerate() if each.name == "nbreg-ahead"]


def data_of(folder, stream, **choices):
    return prepare(StoredTable.open(folder), DataSpec(target=("y",), stream=stream, **choices))


@pytest.fixture(scope="module")
def streamed(folder):
    return data_of(folder, "yes")


@pytest.fixture(scope="module")
def in_memory(folder):
    return data_of(folder, "no")


def trained(data, spec=SPEC, callbacks=(), watch=None, **choices):
    run = Run(spec.epochs)
    if watch is not None:
        run.subscribe(watch)
    architecture = Mlp(**{"hidden": (8,), **choices})
    network = Blueprint(architecture).build(Inputs.of(data.encoder), Targets.of(data.target_scaler), 0)
    train(network, arrays_of(data), spec, run, seed=data.spec.seed, callbacks=callbacks)
    return network, run


def assert_alike(one, other):
    """Weights and history are the same, within the tolerance of float32."""
    (network, run), (expected, expected_run) = one, other
    for weight, same in zip(network.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, same, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run.history, expected_run.history, rtol=1e-4)
    assert run.status == expected_run.status


def test_there_are_several_blocks_and_a_short_batch(streamed):
    sizes = [len(x) for x, _ in streamed.train_rows.blocks(0, 0, 128)]
    assert len(sizes) == 3
    assert sum(sizes) == streamed.n_rows("train")
    assert isinstance(arrays_of(streamed), StreamedArrays)


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"engine": "xla"},
        {"batch_size": 50},
        {"batch_size": 300},
        {"optimizer": "sgd", "schedule": "plateau", "epochs": 20, "patience": 0},
        {"patience": 2, "epochs": 30, "learning_rate": 0.3},
        {"rate_change": ((1.5, 0.001), (3.2, 0.05))},
        {"stop_after": 3},
        {"learning_rate": "auto"},
    ],
    ids=str,
)
def test_the_weights_are_those_of_memory(streamed, in_memory, choices):
    spec = replace(SPEC, **choices)
    assert_alike(trained(streamed, spec), trained(in_memory, spec))


def test_without_validation_rows(folder):
    assert_alike(*(trained(data_of(folder, stream, validation_fraction=0)) for stream in ("yes", "no")))


def test_batch_normalisation_and_penalties_too(streamed, in_memory):
    choices = {"batch_norm": True, "l2": 0.01}
    assert_alike(trained(streamed, **choices), trained(in_memory, **choices))


def test_a_seed_gives_the_same_bits(streamed):
    first, second = (trained(streamed, dropout=0.2)[0].get_weights() for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def val_loss(network, data):
    x, y = data.arrays("validation")
    return float(((predict_rows(network, x) - y) ** 2).mean())


def test_a_stop_keeps_the_best_weights(streamed):
    def stop(run):
        if len(run.history) == 4:
            run.request_stop()

    network, run = trained(streamed, replace(SPEC, epochs=500, learning_rate=0.2), watch=stop)
    assert run.status == "stopped"
    assert 4 <= len(run.history) < 500
    assert val_loss(network, streamed) == pytest.approx(run.best.val_loss, rel=1e-4)


def test_an_interrupt_keeps_the_best_weights(streamed):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 3:
                raise KeyboardInterrupt

    network, run = trained(streamed, callbacks=[Interrupt()])
    assert run.status == "stopped"
    assert val_loss(network, streamed) == pytest.approx(run.best.val_loss, rel=1e-4)


def test_epochs_are_told_to_callbacks_as_in_memory(streamed, in_memory):
    told = {}
    for name, data in (("streamed", streamed), ("in memory", in_memory)):
        losses = told[name] = []
        listener = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs, to=losses: to.append(logs["loss"]))
        trained(data, callbacks=[listener])
    np.testing.assert_allclose(told["streamed"], told["in memory"], rtol=1e-4)


def test_progress_goes_on_within_an_epoch_and_a_pause_holds(streamed):
    seen, paused = [], threading.Event()

    def look(run):
        seen.append(run.progress)
        if run.status == "paused":
            paused.set()
            threading.Timer(0.1, run.request_resume).start()
        elif len(run.history) == 1 and not paused.is_set():
            run.request_pause()

    _, run = trained(streamed, watch=look)
    assert paused.is_set()
    assert run.status == "finished"
    assert seen == sorted(seen)


def test_a_file_that_goes_away_fails_the_run_and_keeps_the_best_weights(folder, tmp_path):
    for file in folder.glob("*.parquet"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    data = data_of(tmp_path, "yes")
    run = Run(SPEC.epochs)

    def remove(run):
        if len(run.history) == 2:
            (tmp_path / "2.parquet").unlink(missing_ok=True)

    run.subscribe(remove)
    network = Blueprint(Mlp(hidden=(8,))).build(Inputs.of(data.encoder), Targets.of(data.target_scaler), 0)
    with pytest.raises(DataError, match="cannot be read any more"):
        train(network, arrays_of(data), SPEC, run, seed=0)
    assert run.status == "failed"
    assert val_loss(network, data) == pytest.approx(run.best.val_loss, rel=1e-4)


def test_a_loss_that_runs_away_is_told(streamed):
    with pytest.raises(TrainingError, match="no finite number any more"):
        trained(streamed, replace(SPEC, learning_rate=1e30, optimizer="sgd"))


class EachBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        """Be told of batches."""


@pytest.mark.parametrize(
    ("choices", "callbacks", "reason"),
    [({"engine": "keras"}, (), "engine=keras was asked for"), ({}, (EachBatch,), "wants to hear of every batch")],
)
def test_what_takes_keras_fit_is_refused(streamed, choices, callbacks, reason):
    with pytest.raises(OptionError, match=rf"{reason}: read it into memory with stream=no"):
        trained(streamed, replace(SPEC, **choices), callbacks=[each() for each in callbacks])


def test_things_made_ahead_come_in_order_and_errors_with_them():
    def numbers():
        yield 1
        yield 2
        raise DataError("no third")

    ahead = Ahead(numbers())
    assert [ahead.next(), ahead.next()] == [1, 2]
    with pytest.raises(DataError, match="no third"):
        ahead.next()
    ahead.close()


def test_what_is_made_ahead_can_be_left_at_any_time():
    ahead = Ahead(iter(range(1_000_000)))
    assert ahead.next() == 0
    ahead.close()
