"""What training makes small."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

#: A name in our options -> the loss's class in ``keras.losses``.
LOSSES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "msle": "MeanSquaredError",
    "mape": "MeanAbsolutePercentageError",
}

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Objective(ABC):
    """Choices that make a loss of scaled targets ``(n_rows, n_targets)`` and outputs ``(n_rows, n_outputs)``.

    Equal choices make equal losses. What is compiled for one training is used again for all with the same `pattern`,
    once its loss is `fill`ed with what these have of their own.
    """

    #: What it is called by people, where that is not the loss that the training's options name.
    words: ClassVar[str] = ""

    @abstractmethod
    def make(self) -> keras.losses.Loss:
        """Return the Keras loss; its mean over rows is what training makes small."""

    @property
    def pattern(self) -> Objective:
        """This, but for numbers that the loss holds as data: they are not compiled in."""
        return self

    def fill(self, loss: keras.losses.Loss) -> None:  # noqa: B027 (most losses hold no numbers)
        """Put the numbers of this into a loss that was made by one with the same `pattern`."""


@dataclass(frozen=True)
class NamedLoss(Objective):
    """A loss of Keras's, its mean over rows and targets."""

    loss: str

    def make(self) -> keras.losses.Loss:
        import keras

        return getattr(keras.losses, LOSSES[self.loss])()


@dataclass(frozen=True)
class LearnedWeightsLoss(Objective):
    """A loss of Keras's in which targets count by variances that are learned; missing ones count for nothing."""

    loss: str

    def make(self) -> keras.losses.Loss:
        from nbreg.networks.keras_parts.learned_loss import LearnedLoss

        return LearnedLoss(LOSSES[self.loss])


@dataclass(frozen=True)
class WeightedLoss(Objective):
    """A loss of Keras's in which targets count for more or less, ``(n_targets,)``, and missing ones for nothing."""

    loss: str
    weights: tuple[float, ...] | None = None

    def make(self) -> keras.losses.Loss:
        from nbreg.networks.keras_parts.target_loss import TargetLoss

        return TargetLoss(LOSSES[self.loss], self.weights)

    @property
    def pattern(self) -> WeightedLoss:
        return self if self.weights is None else replace(self, weights=(1.0,) * len(self.weights))

    def fill(self, loss: keras.losses.Loss) -> None:
        if self.weights is not None:
            loss.set_weights(self.weights)
