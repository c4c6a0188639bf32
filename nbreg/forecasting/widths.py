"""How far forecasts were off on windows that were not trained on, and the intervals that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbreg.data.reading import Floats
from nbreg.errors import DataError

#: Shares for which widths are kept: one in a hundred, and what lies beyond.
_SHARES = (*(i / 100 for i in range(1, 100)), 0.995, 0.999)


@dataclass(frozen=True, eq=False)
class Widths:
    """For each of `shares`, how far to go from a forecast to both sides, ``(n_shares, n_targets * horizon)``.

    Split conformal prediction (Lei et al. 2018, "Distribution-free predictive inference for regression"): of n absolute
    residuals on validation windows the ``ceil((n + 1) share)``-th smallest. The share is promised where windows are
    exchangeable; those of series are not quite, so that it is met as far as the validation rows are like what comes.
    Infinite where there are too few windows.
    """

    shares: tuple[float, ...]
    values: Floats

    @classmethod
    def of(cls, observed: Floats, predicted: Floats) -> Widths:
        """Return the widths of residuals on validation windows, ``(n_windows, n_targets * horizon)``, gaps as NaN."""
        errors = np.abs(observed - predicted)
        columns = [np.sort(column[~np.isnan(column)]) for column in errors.T]
        values = [[_conformal(column, share) for column in columns] for share in _SHARES]
        return cls(_SHARES, np.array(values))

    def at(self, share: float) -> Floats:
        """Return the widths for a share, or the next larger that is kept, ``(n_targets * horizon,)``.

        Raises DataError where no such share is kept, or the validation windows were too few.
        """
        place = next((i for i, kept in enumerate(self.shares) if kept >= share - 1e-9), None)
        if place is None:
            raise DataError(f"Intervals go up to a share of {self.shares[-1]:g}; got {share:g}.")
        widths: Floats = self.values[place]
        if not np.isfinite(widths).all():
            raise DataError(f"There are too few validation windows for intervals of {share:g}: take a smaller share.")
        return widths

    def to_lists(self) -> dict[str, Any]:
        """Return plain data, which `from_lists` takes back; six significant digits, infinite ones as None."""
        rows = [[float(f"{v:.6g}") if math.isfinite(v) else None for v in row] for row in self.values.tolist()]
        return {"shares": list(self.shares), "values": rows}

    @classmethod
    def from_lists(cls, kept: dict[str, Any]) -> Widths:
        rows: Sequence[Sequence[float | None]] = kept["values"]
        values = np.array([[np.inf if v is None else v for v in row] for row in rows])
        return cls(tuple(kept["shares"]), values)


def _conformal(errors: Floats, share: float) -> float:
    rank = math.ceil((len(errors) + 1) * share - 1e-9)
    return float(errors[rank - 1]) if rank <= len(errors) else math.inf
