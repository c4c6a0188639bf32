"""The median rule: a trial is given up once it is worse than half of those before were at the same time.

That is in the epoch in which the smallest validation loss that it has had on a fold is above the median of the losses
that earlier trials had on the same fold in that epoch (Golovin et al. 2017, "Google Vizier", as Optuna's MedianPruner
has it).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from statistics import median

from nbreg.search.pruning import Limits, Pruning
from nbreg.search.trial import Trial

#: Trials that are finished before any is given up, and epochs that each may go for.
FIRST_TRIALS, FIRST_EPOCHS = 5, 20


class MedianPruning(Pruning):
    """Limits are the medians of finished trials; there are none where few are finished."""

    def limits(self, number: int, fold: int, earlier: Sequence[Trial]) -> Limits:
        curves = [trial.curves[fold] for trial in earlier if trial.is_done and fold < len(trial.curves)]
        if len(curves) < FIRST_TRIALS:
            return Limits()
        known = ([loss for loss in losses if loss is not None] for losses in zip_longest(*curves))
        medians = [_median(losses) if epoch > FIRST_EPOCHS else math.nan for epoch, losses in enumerate(known, 1)]
        return Limits(tuple(medians))


def _median(losses: Sequence[float]) -> float:
    known = [loss for loss in losses if not math.isnan(loss)]
    return median(known) if known else math.nan
