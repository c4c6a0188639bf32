"""How the learning rate goes over the epochs.

Every epoch has one learning rate: the base times the schedule's factor for that epoch. In stock Keras the
same is ``keras.callbacks.LearningRateScheduler(lambda epoch, _: base * factor(epoch, epochs))``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

#: Of `plateau`, which is ``keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=5, min_delta=0)``: what the
#: learning rate is multiplied with, and after how many epochs without a better validation loss.
PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.5, 5

#: A name -> ``factor(epoch, epochs)``, where `epoch` counts from 0.
Factor = Callable[[int, int], float]


def constant(epoch: int, epochs: int) -> float:
    """Return 1: the learning rate stays."""
    return 1.0


def cosine(epoch: int, epochs: int) -> float:
    """Return half a cosine wave from 1 towards 0 (Loshchilov & Hutter 2017, without restarts)."""
    return 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))


def exponential(epoch: int, epochs: int) -> float:
    """Return an even decay from 1 to a hundredth at the end."""
    return float(0.01 ** (epoch / epochs))


def step(epoch: int, epochs: int) -> float:
    """Return 1, then a third of it after each third of the epochs."""
    return float(3.0 ** -(3 * epoch // epochs))


def one_cycle(epoch: int, epochs: int) -> float:
    """Return a rise from 1/25 to 1 over 30 % of the epochs, then a fall to almost 0, both in cosine form.

    Smith & Topin 2018, with the usual proportions; momentum stays as it is.
    """
    rise = 0.3 * (epochs - 1)
    if epochs == 1:
        return 1.0
    if epoch < rise:
        return _cosine_between(1 / 25, 1.0, epoch / rise)
    return _cosine_between(1.0, 1e-4, (epoch - rise) / (epochs - 1 - rise))


def _cosine_between(start: float, end: float, part: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * part))


#: `plateau` goes by the validation loss, so that its factor is found while training.
SCHEDULES: dict[str, Factor] = {
    "constant": constant,
    "cosine": cosine,
    "exponential": exponential,
    "step": step,
    "one_cycle": one_cycle,
    "plateau": constant,
}


class LearningRates:
    """The learning rates of a training's epochs; the base can be changed on the way."""

    def __init__(self, schedule: str, base: float, epochs: int):
        self.base, self.epochs = base, epochs
        self.falls_on_plateau = schedule == "plateau"
        self._factor = SCHEDULES[schedule]

    def at(self, epoch: int) -> float:
        """Return the learning rate of `epoch`, counted from 0, before any fall on a plateau."""
        return self.base * self._factor(epoch, self.epochs)

    def change(self, learning_rate: float, epoch: int, scale: float = 1.0) -> None:
        """Make `learning_rate` that of `epoch`; the schedule goes on in proportion.

        `scale` is what falls on plateaus have multiplied the rates with so far.
        """
        self.base = learning_rate / (self._factor(epoch, self.epochs) * scale)
