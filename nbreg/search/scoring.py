"""What a trial is judged by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nbreg.data.dataset import targets_of
from nbreg.evaluation.metrics import METRICS
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome


@dataclass(frozen=True)
class Scoring:
    """A metric of one target; of several targets its mean, errors in multiples of each target's standard deviation."""

    metric: str
    #: Target -> what its metric is divided by.
    divisors: dict[str, float]

    @classmethod
    def of(cls, metric: str, table: FoldTable) -> Scoring:
        """Return how `metric` judges trials on a table; standard deviations are those of the rows that are folded."""
        names = table.spec.target
        power = {"target": 1, "target²": 2}.get(METRICS[metric].unit, 0)
        if len(names) == 1 or not power:
            return cls(metric, dict.fromkeys(names, 1.0))
        rows = np.unique(np.concatenate([np.concatenate([fold.train, fold.test]) for fold in table.folds]))
        spreads = np.nanstd(targets_of(table.frame, table.spec)[0][rows], axis=0)
        return cls(metric, {name: float(each) ** power or 1.0 for name, each in zip(names, spreads, strict=True)})

    @property
    def higher_is_better(self) -> bool:
        return METRICS[self.metric].higher_is_better

    @property
    def is_relative(self) -> bool:
        """Whether scores are in multiples of standard deviations, and not in a target's own unit."""
        return any(divisor != 1.0 for divisor in self.divisors.values())

    def value(self, outcome: Outcome) -> float:
        """Return the score of one fold, NaN where there is none."""
        values = [outcome.value(self.metric, name) / divisor for name, divisor in self.divisors.items()]
        return math.fsum(values) / len(values)

    def reason(self, outcome: Outcome) -> str:
        """Return why a fold has no score, in brackets; nothing where that is not known."""
        of_fold = outcome.evaluation
        reasons = [of_fold.reason(self.metric, name) for name in self.divisors] if of_fold is not None else []
        return next((f" ({each})" for each in reasons if each), "")

    def better(self, one: float, other: float) -> bool:
        """Return whether one score is better than another; NaN is worse than any."""
        if math.isnan(one) or math.isnan(other):
            return not math.isnan(one)
        return one > other if self.higher_is_better else one < other
