"""Which windows a fold of series learns from, and which ones it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.splitting import Rows, RowSets
from nbreg.data.windows.grid import Grid
from nbreg.data.windows.parting import Borders

#: A window by the name of its group and the moment of the last step seen.
Key = tuple[str, Any]


@dataclass(frozen=True)
class FoldBorders(Borders):
    """Borders of a fold that takes so many of its latest train and validation windows (None: all of them).

    Of the test windows it takes those that are `judged`, where that is said.
    """

    n_train: int | None = None
    n_validation: int | None = None
    judged: frozenset[Key] | None = None

    def part(self, grid: Grid, origins: NDArray[np.intp], horizon: int) -> RowSets:
        rows, last = super().part(grid, origins, horizon), grid.moments[origins]
        train, validation = _latest(rows.train, last, self.n_train), _latest(rows.validation, last, self.n_validation)
        if self.judged is None:
            return RowSets(train, validation, rows.test)
        is_judged = [key in self.judged for key in keys_of(grid, origins[rows.test])]
        return RowSets(train, validation, rows.test[np.array(is_judged, bool)])


def keys_of(grid: Grid, origins: NDArray[np.intp]) -> list[Key]:
    """Return what windows are known by in other tables of the same series, as long as `origins`."""
    names = [grid.levels[code] for code in grid.groups[origins]]
    return list(zip(names, grid.moments[origins].tolist(), strict=True))


def _latest(rows: Rows, last: NDArray[Any], n: int | None) -> Rows:
    """Return the latest `n` of some windows, ascending; `last` are the last moments that all windows see."""
    if n is None or n >= len(rows):
        return rows
    order = np.argsort(last[rows], kind="stable")
    return np.sort(rows[order[len(rows) - n :]])
