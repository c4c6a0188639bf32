"""The latest rows of series, parted into stretches that are forecast one after the other from what came before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbreg.data.frames import Frame
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows
from nbreg.data.windows.clock import Moments
from nbreg.data.windows.grid import Grid
from nbreg.data.windows.parting import Borders, borders
from nbreg.errors import DataError, OptionError


@dataclass(frozen=True, eq=False)
class Stretches:
    """Where the stretches begin and end: `ends` ``(n + 1,)``; `moments` ``(n_rows,)`` are those of the rows, sorted."""

    table: Frame
    grid: Grid
    moments: Moments
    ends: Moments

    @classmethod
    def of(cls, table: Frame, grid: Grid, spec: DataSpec, horizon: int, n: int, what: str = "origins") -> Stretches:
        """Part the rows that are for the test into `n` stretches; messages call them `what`.

        Raises OptionError where there are no test rows, DataError for stretches that are shorter than the horizon.
        """
        if not spec.test_fraction:
            raise OptionError("The test rows are what is forecast, and test_fraction is 0 (--test-fraction).")
        moments = np.sort(grid.moments[grid.is_row])
        steps = np.unique(moments[moments >= borders(grid, spec).test])
        if len(steps) < n * horizon:
            raise DataError(
                f"{len(steps):,} steps to forecast are too few for {n} {what} of {horizon} steps: "
                f"take fewer {what}, a shorter horizon, or more for test_fraction."
            )
        begins = [steps[len(steps) * i // n] for i in range(n)]
        return cls(table, grid, moments, np.array([*begins, np.inf]))

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def begins(self) -> tuple[str, ...]:
        """The first times of the stretches, as text."""
        clock, first = self.grid.clock, self.ends[:-1]
        return tuple(map(str, first.tolist() if clock.kind == "number" else clock.times(first)))

    def limits(self, i: int, spec: DataSpec, begin: float = -np.inf) -> Borders:
        """Return where validation and test rows begin for one stretch, of the rows from the moment `begin` on.

        The latest rows before the stretch are for validation, by the shares of `spec`.
        """
        before = self.moments[(self.moments >= begin) & (self.moments < self.ends[i])]
        share = spec.validation_fraction / (1 - spec.test_fraction)
        return Borders(before[round(len(before) * (1 - share)) - 1], self.ends[i])

    def known_by(self, i: int) -> Frame:
        """Return the rows of the table up to the end of one stretch: no others are looked at."""
        return self.table[self.rows_between(-np.inf, self.ends[i + 1])]

    # For folds of equal size

    def earliest(self, i: int) -> float:
        """Return the moment from which on as many steps lie before stretch `i` as before the first one."""
        steps = np.unique(self.moments)
        first, own = np.searchsorted(steps, self.ends[[0, i]])
        return float(steps[own - first])

    def rows_between(self, begin: float, end: float) -> Rows:
        """Return the positions in the table of rows from one moment up to another, exclusive; ascending."""
        within = self.grid.is_row & (self.grid.moments >= begin) & (self.grid.moments < end)
        return np.sort(self.grid.rows[within])
