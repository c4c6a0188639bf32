"""Which windows train, which watch, and which are kept for the test: by time, and none across a border."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.spec import DataSpec
from nbreg.data.splitting import RowSets, split_rows
from nbreg.data.windows.grid import Grid
from nbreg.errors import DataError


@dataclass(frozen=True)
class Borders:
    """The first moments of the validation and of the test rows; infinite where there are none."""

    validation: Any
    test: Any

    def part(self, grid: Grid, origins: NDArray[np.intp], horizon: int) -> RowSets:
        """Return positions in `origins`, the last steps seen: train windows end before the border, steps to forecast
        included; those of validation and test windows lie wholly between theirs.
        """
        first, last = grid.moments[origins + 1], grid.moments[origins + horizon]
        train = last < self.validation
        validation = (first >= self.validation) & (last < self.test)
        return RowSets(*(np.flatnonzero(mask) for mask in (train, validation, first >= self.test)))


def borders(grid: Grid, spec: DataSpec) -> Borders:
    """Return where the latest rows of the table are parted off; only times are looked at. Raises as `split_rows`."""
    moments = grid.moments[grid.is_row]
    by_time = replace(spec, split="time", time=grid.clock.time)
    rows = split_rows(np.arange(len(moments)), by_time, moments)
    test = moments[rows.test].min() if len(rows.test) else np.inf
    return Borders(moments[rows.validation].min() if len(rows.validation) else test, test)


def check_parted(rows: RowSets, spec: DataSpec, grid: Grid, window: int, horizon: int) -> None:
    """Raise DataError where a set that was asked for has no windows."""
    span = grid.clock.span
    if len(rows.train) < 2:
        raise DataError(
            f"{len(rows.train)} windows would be left to train: a window of {window} and a horizon of {horizon} steps "
            f"need stretches of {span(window + horizon)} before validation and test. Take less of either, or longer "
            "series."
        )
    for which, share in (("validation", spec.validation_fraction), ("test", spec.test_fraction)):
        if share and not len(rows[which]):
            raise DataError(
                f"No {which} windows are left: {share:g} of the rows are fewer steps than the horizon's {horizon}. "
                f"Take a shorter horizon, or more for {which}_fraction."
            )
