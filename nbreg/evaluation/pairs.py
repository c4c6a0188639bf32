"""Observed and predicted values of some rows, for plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nbreg.evaluation.history import plain

#: At most so many rows are kept.
MOST_PAIRS = 2000


@dataclass(frozen=True)
class Pairs:
    """Observed and predicted values, in target units, of a sample of one row set.

    `observed` and `predicted` hold, for each target, the values of the same ``n_shown`` rows; rows without a
    finite prediction, or with a target missing, are left out.
    """

    rows: str
    n_rows: int
    observed: tuple[tuple[float, ...], ...]
    predicted: tuple[tuple[float, ...], ...]

    @property
    def n_shown(self) -> int:
        return len(self.observed[0]) if self.observed else 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, which `from_dict` takes back."""
        columns = {name: [list(column) for column in getattr(self, name)] for name in ("observed", "predicted")}
        return {"rows": self.rows, "n_rows": self.n_rows, **columns}

    @classmethod
    def from_dict(cls, of: Mapping[str, Any]) -> Self:
        columns = (tuple(tuple(map(float, column)) for column in of[name]) for name in ("observed", "predicted"))
        return cls(str(of["rows"]), int(of["n_rows"]), *columns)


def sampled(rows: str, observed: Any, predicted: Any, most: int = MOST_PAIRS) -> Pairs:
    """Return at most `most` rows of `observed` and `predicted`, both ``(n_rows, n_targets)``.

    The same rows each time; values have six significant digits.
    """
    usable = np.flatnonzero(np.isfinite(predicted).all(axis=1) & np.isfinite(observed).all(axis=1))
    if len(usable) > most:
        usable = np.sort(np.random.default_rng(0).choice(usable, most, replace=False))
    columns = (tuple(tuple(_short(column)) for column in values[usable].T) for values in (observed, predicted))
    return Pairs(rows, len(observed), *columns)


def _short(column: Any) -> list[float]:
    return [number for number in map(plain, column.tolist()) if number is not None]
