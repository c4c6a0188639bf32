"""One trial of a search: which options, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What a trial may be: under way, done, given up early, or failed.
RUNNING, DONE, PRUNED, FAILED = "running", "done", "pruned", "failed"


@dataclass(frozen=True)
class Trial:
    """One trial.

    `number` is 0 for the options that the search began with, and counts from 1 for those that were chosen. `options`
    are all that differ from the defaults of a fit, `params` what the sampler chose, by the names of the space (a number
    of a range, a word of values). `values` are the scores of the folds, in their order, up to the first that failed or
    was given up; `curves` their validation losses by epoch, kept only where trials are pruned. `given_up` is the fold
    and epoch (from 1) at which a pruned trial was not good enough; its training may have ended by itself before.
    """

    number: int
    options: Mapping[str, Any]
    params: Mapping[str, Any]
    status: str = RUNNING
    values: tuple[float, ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    given_up: tuple[int, int] | None = None
    seconds: float = 0.0
    error: str = ""

    @property
    def is_done(self) -> bool:
        return self.status == DONE

    @property
    def last_loss(self) -> float:
        """The smallest validation loss on the last fold that is known, infinite where there is none."""
        losses = self.curves[-1] if self.curves else ()
        return min((loss for loss in losses if not math.isnan(loss)), default=math.inf)

    @property
    def score(self) -> float:
        """The mean of the folds, NaN unless the trial is done."""
        return math.fsum(self.values) / len(self.values) if self.is_done else float("nan")
