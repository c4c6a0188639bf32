"""Training, whatever the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbreg.errors import TrainingError
from nbreg.training.arrays import Arrays
from nbreg.training.compiled_epochs import Shape
from nbreg.training.compiled_fit import CompiledFit
from nbreg.training.engines import engine_of, shape_of, why_keras
from nbreg.training.keras_fit import KerasFit
from nbreg.training.quiet import quiet_start
from nbreg.training.range_test import find_learning_rate
from nbreg.training.run import Run
from nbreg.training.schedules import LearningRates
from nbreg.training.spec import TrainingSpec
from nbreg.training.streamed_arrays import StreamedArrays
from nbreg.training.streamed_fit import check_streamed, fit_streamed
from nbreg.training.trainers import trainer_for

if TYPE_CHECKING:
    import keras


def train(
    network: keras.Model,
    arrays: Arrays,
    spec: TrainingSpec,
    run: Run,
    *,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    keep_last: bool = False,
    settle: Callable[[], None] = lambda: None,
) -> None:
    """Train `network` in place, in the calling thread, and end `run`: finished, stopped or failed.

    Afterwards the network has the weights of the best epoch where early stopping is on (``patience > 0``)
    and wherever the run was stopped or failed; else the last ones. With `keep_last`, it has the last ones unless the
    run failed. What steps do not train is then set by `settle`, before the run ends: who waits for that finds the
    network as it is to be.

    Training starts from the weights that the network has. The order of rows is `Arrays.order` of `seed`.
    KeyboardInterrupt stops the run as `Run.request_stop` does. Raises TrainingError where a loss is
    no finite number, and whatever else went wrong; the run has the same error.
    """
    quiet_start()
    spec = spec.for_rows(arrays.n_rows)
    run.begin()
    try:
        status = _train(network, arrays, spec, run, seed, callbacks, keep_last)
        settle()
        if status == "failed":
            raise TrainingError(_advice(spec, run, arrays))
    except KeyboardInterrupt:
        status = "stopped"  # it came before the first step or after the last
        settle()
    except BaseException as error:
        run.fail(error)
        raise
    run.finish(status)


def _train(
    network: keras.Model, arrays: Arrays, spec: TrainingSpec, run: Run, seed: int, callbacks: Sequence[object],
    keep_last: bool,
) -> str:  # fmt: skip
    shape = shape_of(network, arrays, spec)
    check_streamed(network, arrays, spec, callbacks)
    engine = run.engine = _engine(network, shape, spec, run, callbacks)
    rates = LearningRates(spec.schedule, _base_rate(network, arrays, spec, run, seed), spec.epochs)
    run.learning_rate = rates.at(0)
    if isinstance(arrays, StreamedArrays):
        return fit_streamed(network, arrays, shape, spec, run, rates, seed, callbacks, keep_last)
    if engine == "keras":
        return KerasFit(network, arrays, shape, spec, run, rates, seed, callbacks).go(keep_last)
    with trainer_for(network, shape, spec, xla=engine == "xla", in_place=bool(callbacks)) as trainer:
        return CompiledFit(trainer, arrays, spec, run, rates, seed, callbacks).go(keep_last)


def _engine(network: keras.Model, shape: Shape, spec: TrainingSpec, run: Run, callbacks: Sequence[object]) -> str:
    reason = why_keras(network, callbacks)
    if reason and spec.engine != "keras":
        run.notes.append(f"Trained by Keras's own fit, which is slower, because {reason}.")
    return "keras" if reason else engine_of(network, shape, spec)


def _base_rate(network: keras.Model, arrays: Arrays, spec: TrainingSpec, run: Run, seed: int) -> float:
    if not isinstance(spec.learning_rate, str):
        return spec.learning_rate
    run.range_test = find_learning_rate(network, arrays.held, spec, seed=seed)
    return run.range_test.suggestion


def _advice(spec: TrainingSpec, run: Run, arrays: Arrays) -> str:
    """Return what happened and what may help, the likeliest first."""
    reached = f"in epoch {len(run.history) + 1:,}"
    tries = [f"a lower learning rate (now {run.learning_rate:.2g})"]
    if spec.clipnorm is None:
        tries.append("clipnorm=1")
    if spec.loss in ("msle", "mape"):
        tries.append("the loss mse")
    highest = float(np.abs(arrays.y).max())
    if highest > 100:
        tries.append(f"a scaled target (it reaches {highest:.2g})")
    kept = "the best weights so far are kept" if run.history else "no epoch had ended, so the first weights are back"
    return f"The loss was no finite number any more {reached}; {kept}. Try {_listed(tries)}."


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
