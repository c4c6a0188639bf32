"""Giving up a trial that will not be worth it: what each of its trainings must keep to, found before it begins.

So what is given up does not depend on who trains how fast.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbreg.errors import OptionError
from nbreg.networks.architecture import ARCHITECTURES, Architecture
from nbreg.search.entries import Choices
from nbreg.search.space import Space
from nbreg.search.trial import Trial
from nbreg.training.run import Run

#: Options by which losses differ that have nothing to do with how good a network is.
_OTHER_LOSSES = ("loss", "target_transform", "validation_fraction", "heads", "joint", "bounds", "shares")


@dataclass(frozen=True)
class Limits:
    """What the smallest validation loss so far must not exceed, by epoch, from the first; NaN: anything is good enough.

    It watches a run. With `outlasts` a training that ends by itself is held to later limits too, by what it had.
    """

    by_epoch: tuple[float, ...] = ()
    outlasts: bool = False

    def epoch_of_end(self, curve: Sequence[float], *, ended: bool = False) -> int | None:
        """Return the epoch, counted from 1, in which a curve of losses is not good enough; None: it always is.

        `ended`: the training is over, and these are all losses.
        """
        best, last = math.inf, len(self.by_epoch) if ended and self.outlasts else len(curve)
        for epoch, limit in enumerate(self.by_epoch[:last]):
            best = min(best, curve[epoch]) if epoch < len(curve) and curve[epoch] < best else best
            if best > limit:
                return epoch + 1
        return None

    def __call__(self, run: Run) -> None:
        """Watch `run`, and give it up when it is not good enough."""
        if self.by_epoch:
            run.subscribe(self._look)

    def _look(self, run: Run) -> None:
        if not run.ended and not run.given_up and self.epoch_of_end([row.val_loss for row in run.history]):
            run.give_up()


class Pruning(ABC):
    """When trials are given up."""

    #: Whether any is, so that losses are to be kept.
    gives_up = True

    @abstractmethod
    def limits(self, number: int, fold: int, earlier: Sequence[Trial]) -> Limits:
        """Return what trial `number` must keep to on a fold, by the `earlier` trials; no limits: it goes to its end."""


class NoPruning(Pruning):
    """All trials go to their end."""

    gives_up = False

    def limits(self, number: int, fold: int, earlier: Sequence[Trial]) -> Limits:
        return Limits()


def check_comparable(space: Space, base: Mapping[str, Any]) -> None:
    """Raise OptionError where the losses of trials cannot be compared, so that none can be given up by its loss."""
    named = [each for each in space.names if each in _OTHER_LOSSES]
    of_network = next(
        (each.values for each in space.entries if each.name == "network" and isinstance(each, Choices)), ()
    )
    own = [name for name in of_network if ARCHITECTURES[name].objective is not Architecture.objective]
    if named or own:
        what = named[0] if named else f"network {own[0]}"
        raise OptionError(f"With {what} in the space, losses of trials do not compare: leave out --prune.")
    if base.get("validation_fraction") == 0:
        raise OptionError("Trials are given up by their validation loss, and validation_fraction is 0 (--prune).")
