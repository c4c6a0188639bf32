"""The end of a history: the last window of each series, and the times that come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import check_known
from nbreg.data.frames import Frame
from nbreg.data.windows.clock import Moments
from nbreg.data.windows.encoder import Matrix, WindowEncoder
from nbreg.data.windows.grid import Grid, make_grid
from nbreg.data.windows.windowing import encoded
from nbreg.errors import DataError


@dataclass(frozen=True, eq=False)
class History:
    """The series of a table, each up to the last step at which anything was observed.

    Rows behind that, in which only columns known in advance have values, say what is known of the steps to forecast.
    `series` ``(n_groups,)`` are those that can be forecast, by their places in `grid`, and `origins` ``(n_groups,)``
    their last steps, as positions in it. `left_out` says which cannot, and why.
    """

    frame: Frame
    encoder: WindowEncoder
    grid: Grid
    series: NDArray[np.intp]
    origins: NDArray[np.intp]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, frame: Frame, encoder: WindowEncoder) -> History:
        """Return the history that a table holds.

        Raises DataError where it lacks columns or groups, where no series has the steps and values that a forecast
        sees, or where what is to be known in advance is not.
        """
        clock, group = encoder.clock, encoder.group
        check_known(frame, [clock.time], "the time")
        check_known(frame, [] if group is None else [group], "the group")
        columns = (*encoder.observed, *encoder.known)
        check_known(frame, [*columns, *(each.name for each in encoder.statics)], "the forecast")
        grid = make_grid(frame, clock.time, group, columns, clock)
        if group is not None:
            encoder.check_groups(grid.levels)
        unknown = [i for i, name in enumerate(encoder.observed) if name not in encoder.known]
        ends = _ends(grid, unknown)
        lacks = {i: words for i, words in enumerate(_lacks(grid, ends, encoder)) if words}
        if len(lacks) == len(ends):
            raise DataError(lacks[0])
        series = np.array([i for i in range(len(ends)) if i not in lacks], np.intp)
        history = cls(frame, encoder, grid, series, ends[series], tuple(lacks.values()))
        if encoder.known:
            history._check_known()
        return history

    @property
    def horizon(self) -> int:
        return self.encoder.horizon

    def inputs(self) -> Matrix:
        """Return the inputs of each series' last window, ``(n_groups, n_inputs)``."""
        first = self.grid.rows[self.grid.starts]
        statics = {column.name: self.frame[column.name][first] for column in self.encoder.statics}
        return encoded(self.encoder, self.grid, self.origins, statics)

    def moments(self) -> Moments:
        """Return the moments to forecast, ``(n_groups, horizon)``."""
        return np.array([self.grid.clock.after(self.grid.moments[origin], self.horizon) for origin in self.origins])

    def ahead(self, columns: dict[str, NDArray[Any]]) -> Any:
        """Return `columns`, each ``(n_groups, horizon)``, behind groups and times in the caller's kind of frame."""
        backend, clock, group = self.frame.implementation, self.grid.clock, self.encoder.group
        times = clock.series(self.moments().ravel(), self.frame[clock.time])
        values = [nw.new_series(name, numbers.ravel().copy(), backend=backend) for name, numbers in columns.items()]
        made = nw.from_dict({each.name: each for each in values}, backend=backend).with_columns(times)
        names = [clock.time, *columns]
        if group is not None:
            rows = np.repeat(self.grid.rows[self.grid.starts[self.series]], self.horizon)
            made, names = made.with_columns(nw.maybe_reset_index(self.frame[group][rows])), [group, *names]
        return made.select(names).to_native()

    def _check_known(self) -> None:
        ends = (self.grid.starts + self.grid.lengths)[self.series]
        for i, origin, end in zip(self.series, self.origins, ends, strict=True):
            values = self.grid.values[origin + 1 : min(origin + 1 + self.horizon, end), len(self.encoder.observed) :]
            if len(values) < self.horizon or np.isnan(values).any():
                names = ", ".join(self.encoder.known)
                of = _name(self.grid, i, self.encoder)
                raise DataError(
                    f"{names} must be known at the {self.horizon} steps to forecast, and {of} lacks values: give rows "
                    "for them behind the history, with gaps in the other columns."
                )


def _lacks(grid: Grid, ends: NDArray[np.intp], encoder: WindowEncoder) -> Iterator[str]:
    """Yield for each series what it lacks to be forecast; nothing where it lacks nothing."""
    window = encoder.window
    for i, end in enumerate(ends.tolist()):
        n_steps, of = int(grid.place[end]) + 1, _name(grid, i, encoder)
        past = grid.values[max(end - window + 1, 0) : end + 1, : encoder.n_targets]
        if n_steps < window:
            yield f"A forecast sees {window} steps ({grid.clock.span(window)}); {of} has {n_steps}."
        elif np.isnan(past).all():
            yield f"In {of} no target has a value in the last {window} steps."
        else:
            yield ""


def _name(grid: Grid, i: int, encoder: WindowEncoder) -> str:
    return f'group "{grid.levels[i]}"' if encoder.group is not None else "this table"


def _ends(grid: Grid, unknown: Sequence[int]) -> NDArray[np.intp]:
    """Return each series' last step at which one of the columns was observed that are not known in advance."""
    seen = np.asarray(~np.isnan(grid.values[:, unknown]).all(axis=1))
    ends = []
    for start, length in zip(grid.starts, grid.lengths, strict=True):
        observed = np.flatnonzero(seen[start : start + length])
        ends.append(start + (observed[-1] if len(observed) else 0))
    return np.array(ends, np.intp)
