"""Observed and predicted values of one target, as the plots of both need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbreg.errors import DataError
from nbreg.evaluation.wording import count, counted, of_one

if TYPE_CHECKING:
    from nbreg.evaluation.report import Report

#: Predictions farther out than this many times the observed range would hide all others.
FARTHEST = 1.0


@dataclass(frozen=True)
class TargetPairs:
    """A sample of one row set: `observed` and `predicted` values of `target`, in its units."""

    target: str
    rows: str
    n_rows: int
    observed: tuple[float, ...]
    predicted: tuple[float, ...]
    r2: float | None

    @property
    def limits(self) -> tuple[float, float]:
        """What to show of the values: all, but for predictions more than the observed range away from it."""
        low, high = min(self.observed), max(self.observed)
        reach = FARTHEST * (high - low)
        inside = [value for value in self.predicted if low - reach <= value <= high + reach]
        low, high = min([low, *inside]), max([high, *inside])
        margin = 0.04 * (high - low) or max(abs(low), 1.0) * 0.05
        return low - margin, high + margin

    @property
    def n_outside(self) -> int:
        low, high = self.limits
        return sum(not low <= value <= high for value in self.predicted)

    @property
    def shown(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Observed and predicted values that lie within the limits."""
        low, high = self.limits
        pairs = [pair for pair in zip(self.observed, self.predicted, strict=True) if low <= pair[1] <= high]
        observed, predicted = zip(*pairs, strict=True) if pairs else ((), ())
        return observed, predicted

    @property
    def residuals(self) -> tuple[float, ...]:
        """observed - predicted."""
        return tuple(np.subtract(self.observed, self.predicted).tolist())

    @property
    def sample(self) -> str:
        """Which rows these are: ``2,000 of 10,788 test rows``."""
        if len(self.observed) == self.n_rows:
            return counted(self.n_rows, f"{self.rows} row")
        return f"{count(len(self.observed))} of {counted(self.n_rows, f'{self.rows} row')}"

    @property
    def outside(self) -> str:
        """How many points lie too far out to be shown; nothing where none does."""
        return f", {count(self.n_outside)} too far out to show" if self.n_outside else ""

    @property
    def quality(self) -> str:
        return "" if self.r2 is None else f"R² {of_one(self.r2)}"


def pairs_of(report: Report) -> tuple[TargetPairs, ...]:
    """Return the pairs of each target. Raises DataError where there are none."""
    pairs = report.pairs
    if pairs is None or not pairs.n_shown:
        raise DataError(
            "There are no predictions to plot: no rows were kept for validation or test, or none is finite."
        )
    columns = zip(report.targets, pairs.observed, pairs.predicted, strict=True)
    evaluation = report.evaluations[pairs.rows]
    return tuple(
        TargetPairs(target, pairs.rows, pairs.n_rows, observed, predicted, evaluation.value("r2", target))
        for target, observed, predicted in columns
    )
