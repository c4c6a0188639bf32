"""Where a training is to be steered, as its spec plans it: the learning rate changed, or the end before the end."""

from __future__ import annotations

from typing import NamedTuple

from nbreg.training.spec import TrainingSpec


class Place(NamedTuple):
    """Between two steps: before the step `unit` of the epoch `epoch`, both counted from 0; or at an epoch's end.

    `unit` counts the steps that train, then those that validate.
    """

    epoch: int
    unit: int

    @classmethod
    def of(cls, progress: float, n_units: int) -> Place:
        """Return the place nearest to where `progress` epochs of `n_units` steps each are done."""
        epoch, unit = divmod(round(progress % 1 * n_units), n_units)
        return cls(int(progress) + epoch, unit)

    def progress(self, n_units: int) -> float:
        """Return how many epochs are done, the part of the present one included."""
        return self.epoch + self.unit / n_units


class SteeringPlan:
    """What is still to come of the changes that a spec plans for epochs of `n_units` steps."""

    def __init__(self, spec: TrainingSpec, n_units: int):
        self._changes = [(Place.of(progress, n_units), rate) for progress, rate in spec.rate_change]
        #: The epoch after which to end; that may be the last one, where nothing needs to be stopped.
        self.last_epoch = min(spec.stop_after or spec.epochs, spec.epochs)
        self.stops = self.last_epoch < spec.epochs

    def next_place(self) -> Place | None:
        """Return where the next change is to be made."""
        return self._changes[0][0] if self._changes else None

    def take_learning_rate(self, place: Place) -> float | None:
        """Return the learning rate that is to be set at `place`, if any, and take it off the plan."""
        rate = None
        while self._changes and self._changes[0][0] <= place:
            rate = self._changes.pop(0)[1]
        return rate

    def ends_at(self, epoch: int) -> bool:
        """Return whether the training is to be stopped once `epoch` epochs are done."""
        return self.stops and epoch >= self.last_epoch
