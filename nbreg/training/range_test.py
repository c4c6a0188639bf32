"""The learning-rate range test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbreg.training.compiled_epochs import Shape
from nbreg.training.engines import engine_of, shape_of
from nbreg.training.epoch_order import epoch_order
from nbreg.training.quiet import quiet_start
from nbreg.training.trainers import state_of, trainer_for

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays
    from nbreg.training.spec import TrainingSpec

_LOWEST, _HIGHEST, _STEPS = 1e-6, 10.0, 210
#: Of the running mean of the losses, and of the best of them: where a loss above it ends the test.
_SMOOTHING, _RUN_AWAY = 0.9, 4.0


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What steps of growing size did to the loss.

    `learning_rates` and `losses` are ``(n_steps,)``, the losses smoothed, up to where they ran away;
    `suggestion` is a tenth of the learning rate at the smallest of them.
    """

    learning_rates: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]
    suggestion: float


def find_learning_rate(network: keras.Model, arrays: Arrays, spec: TrainingSpec, *, seed: int) -> RangeTest:
    """Train for a few steps, each with a greater learning rate than the one before (Smith 2017).

    The network is left as it was.
    """
    quiet_start()
    rates = np.geomspace(_LOWEST, _HIGHEST, _STEPS)
    losses = _losses(network, arrays, spec, seed, rates)
    smoothed = _smoothed(losses)
    with np.errstate(invalid="ignore"):
        ran_away = ~np.isfinite(smoothed) | (smoothed > _limits(np.fmin.accumulate(smoothed)))
    n_kept = int(np.argmax(ran_away)) if ran_away.any() else len(rates)
    kept_rates, kept = rates[:n_kept], smoothed[:n_kept]
    # The first losses are means of few, so that a small one among them is luck.
    lowest = int(np.argmin(kept[10:])) + 10 if n_kept > 10 else 0
    suggestion = float(kept_rates[lowest]) / 10 if n_kept > 10 else 1e-3
    return RangeTest(kept_rates, kept, suggestion)


def _limits(best: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the losses, by step, above which they have run away from the `best` so far.

    A likelihood may be more than one and its logarithm's negative less than zero: then no multiple of a loss says how
    large it is, and what counts is how far it has come down.
    """
    size = best if np.fmin.reduce(best) > 0 else best[0] - best + 1
    return best + (_RUN_AWAY - 1) * size


def _losses(
    network: keras.Model, arrays: Arrays, spec: TrainingSpec, seed: int, rates: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the loss of each step's batch before the step, penalties included."""
    shape = shape_of(network, arrays, spec)
    xla = engine_of(network, shape, spec) == "xla"  # the training that follows then takes the same trainer
    before = [variable.numpy() for variable in state_of(network)]
    try:
        with trainer_for(network, shape, spec, xla=xla, in_place=False) as trainer:
            return trainer.sweep(trainer.tensors(arrays), _batches(shape, seed, len(rates)), rates)
    finally:
        for variable, value in zip(state_of(network), before, strict=True):
            variable.assign(value)


def _batches(shape: Shape, seed: int, n_steps: int) -> npt.NDArray[np.int32]:
    """Return the rows of each step, int32 ``(n_steps, batch_size)``."""
    n_epochs = -(-n_steps * shape.batch_size // shape.n_rows)
    orders = np.concatenate([epoch_order(seed, epoch, shape.n_rows) for epoch in range(n_epochs)])
    return orders[: n_steps * shape.batch_size].reshape(n_steps, shape.batch_size)


def _smoothed(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the running mean, with weights that fall by `_SMOOTHING` a step and sum to 1."""
    smoothed, mean = np.empty(len(losses)), 0.0
    for i, loss in enumerate(losses):
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smoothed[i] = mean / (1 - _SMOOTHING ** (i + 1))
    return smoothed
