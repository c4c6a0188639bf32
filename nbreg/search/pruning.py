"""Giving up a training that will not be worth it: the median rule, decided by what was known when the trial began.

A trial is given up in the epoch in which the smallest validation loss that it has had on a fold is above the median of
the losses that earlier trials had on the same fold in that epoch (Golovin et al. 2017, "Google Vizier", as Optuna's
MedianPruner has it). Limits are found before a training begins, so that what is given up does not depend on who
trains how fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median
from typing import Any

from nbreg.errors import OptionError
from nbreg.networks.architecture import ARCHITECTURES, Architecture
from nbreg.search.entries import Choices
from nbreg.search.space import Space
from nbreg.search.trial import Trial
from nbreg.training.run import Run

#: Trials that are finished before any is given up, and epochs that each may go for.
FIRST_TRIALS, FIRST_EPOCHS = 5, 20

#: Options by which losses differ that have nothing to do with how good a network is.
_OTHER_LOSSES = ("loss", "target_transform", "validation_fraction", "heads", "joint", "bounds", "shares")


@dataclass(frozen=True)
class Limits:
    """The largest validation loss that is good enough, by epoch, from the first; NaN: any is. It watches a run."""

    by_epoch: tuple[float, ...] = ()

    @classmethod
    def of(cls, earlier: Sequence[Trial], fold: int) -> Limits:
        """Return the medians of finished trials on one fold; no limits where there are few of them."""
        curves = [trial.curves[fold] for trial in earlier if trial.is_done and fold < len(trial.curves)]
        if len(curves) < FIRST_TRIALS:
            return cls()
        known = ([loss for loss in losses if loss is not None] for losses in zip_longest(*curves))
        medians = [_median(losses) if epoch > FIRST_EPOCHS else math.nan for epoch, losses in enumerate(known, 1)]
        return cls(tuple(medians))

    def epoch_of_end(self, curve: Sequence[float]) -> int | None:
        """Return the epoch, counted from 1, in which a curve of losses is not good enough; None: it always is."""
        best = math.inf
        for epoch, (loss, limit) in enumerate(zip(curve, self.by_epoch, strict=False), 1):
            best = loss if loss < best else best
            if best > limit:
                return epoch
        return None

    def __call__(self, run: Run) -> None:
        """Watch `run`, and give it up when it is not good enough."""
        if self.by_epoch:
            run.subscribe(self._look)

    def _look(self, run: Run) -> None:
        if not run.ended and not run.given_up and self.epoch_of_end([row.val_loss for row in run.history]):
            run.give_up()


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


def _median(losses: Sequence[float]) -> float:
    known = [loss for loss in losses if not math.isnan(loss)]
    return median(known) if known else math.nan
