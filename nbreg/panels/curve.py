"""A run's history, and those of several runs, as the compact numbers that a chart is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.training.run import Row, Run

if TYPE_CHECKING:
    from nbreg.record import Training

#: Columns of a curve: epoch, loss, validation loss, learning rate.
N_COLUMNS = 4


class Curve:
    """A growing table of float32, shape (n_epochs, 4): epoch, loss, validation loss, learning rate."""

    def __init__(self) -> None:
        self._table = np.empty((256, N_COLUMNS), dtype=np.float32)
        self._n_rows = 0

    def __len__(self) -> int:
        return self._n_rows

    def extend(self, rows: Sequence[Row]) -> None:
        """Add the rows of epochs that have ended."""
        end = self._n_rows + len(rows)
        if end > len(self._table):
            larger = np.empty((max(end, 2 * len(self._table)), N_COLUMNS), dtype=np.float32)
            larger[: self._n_rows] = self._table[: self._n_rows]
            self._table = larger
        if rows:
            # A loss beyond float32 becomes infinite, and the chart leaves a gap for it.
            with np.errstate(over="ignore"):
                self._table[self._n_rows : end] = np.asarray(rows, dtype=np.float64)
        self._n_rows = end

    def since(self, n_rows: int) -> NDArray[np.float32]:
        """Return the rows after the first `n_rows`."""
        return self._table[n_rows : self._n_rows]


def thinned(table: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """Return `table` where it has at most `most` rows, else fewer of its rows that draw the same curve.

    The rows are cut into buckets of equal length, and of each the smallest and the largest loss and
    validation loss are kept; the first and last row always are. As in any min-max thinning, no peak is lost.
    """
    if len(table) <= most:
        return table
    step = -(-len(table) // max(1, (most - 2) // 4))
    padding = np.full((-len(table) % step, 2), np.nan, dtype=np.float32)
    losses = np.vstack([table[:, 1:3], padding]).reshape(-1, step, 2)
    starts = np.arange(len(losses))[:, None] * step
    lowest = np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=1)
    highest = np.argmax(np.where(np.isnan(losses), -np.inf, losses), axis=1)
    kept = np.concatenate([(starts + lowest).ravel(), (starts + highest).ravel(), [0, len(table) - 1]])
    chosen: NDArray[np.float32] = table[np.unique(np.minimum(kept, len(table) - 1))]
    return chosen


def first_epoch(run: Run) -> int:
    """Return after how many epochs of an earlier run this one begins: 0 where it begins anew."""
    return run.start.epoch if run.start else 0


def curves_of(trainings: Sequence[Training], most: int) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the runs to draw over each other as plain data, number, name and `first_epoch`, and beside it the rows
    of each as the bytes of float32 ``(n, 4)``, of about `most` rows at most."""
    described = [{"number": each.number, "name": each.name, "start": first_epoch(each.run)} for each in trainings]
    return described, [_rows_of(each.run, most).tobytes() for each in trainings]


def _rows_of(run: Run, most: int) -> NDArray[np.float32]:
    curve = Curve()
    curve.extend(run.history)
    return thinned(curve.since(0), most)
