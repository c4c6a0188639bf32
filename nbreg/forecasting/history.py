"""The end of a history: the last window of each series, and the times that come."""

from __future__ import annotations

from collections.abc import Sequence
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
    `origins` ``(n_groups,)`` are the last steps, as positions in `grid`.
    """

    frame: Frame
    encoder: WindowEncoder
    grid: Grid
    origins: NDArray[np.intp]

    @classmethod
    def of(cls, frame: Frame, encoder: WindowEncoder) -> History:
        """Return the history that a table holds. Raises DataError where it lacks columns, groups, steps or values."""
        clock, group = encoder.clock, encoder.group
        check_known(frame, [clock.time], "the time")
        check_known(frame, [] if group is None else [group], "the group")
        columns = (*encoder.observed, *encoder.known)
        check_known(frame, [*columns, *(each.name for each in encoder.statics)], "the forecast")
        grid = make_grid(frame, clock.time, group, columns, clock)
        if group is not None:
            encoder.check_groups(grid.levels)
        unknown = [i for i, name in enumerate(encoder.observed) if name not in encoder.known]
        history = cls(frame, encoder, grid, _ends(grid, unknown))
        history._check()
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
            rows = np.repeat(self.grid.rows[self.grid.starts], self.horizon)
            made, names = made.with_columns(nw.maybe_reset_index(self.frame[group][rows])), [group, *names]
        return made.select(names).to_native()

    def _check(self) -> None:
        grid, encoder = self.grid, self.encoder
        n_steps = grid.place[self.origins] + 1
        for i in np.flatnonzero(n_steps < encoder.window).tolist():
            raise DataError(
                f"A forecast sees {encoder.window} steps ({grid.clock.span(encoder.window)}); "
                f"{self._name(i)} has {n_steps[i]}."
            )
        for i, origin in enumerate(self.origins.tolist()):
            past = grid.values[origin - encoder.window + 1 : origin + 1, : encoder.n_targets]
            if np.isnan(past).all():
                raise DataError(f"In {self._name(i)} no target has a value in the last {encoder.window} steps.")
        if encoder.known:
            self._check_known()

    def _check_known(self) -> None:
        ends = self.grid.starts + self.grid.lengths
        for i, (origin, end) in enumerate(zip(self.origins, ends, strict=True)):
            values = self.grid.values[origin + 1 : min(origin + 1 + self.horizon, end), len(self.encoder.observed) :]
            if len(values) < self.horizon or np.isnan(values).any():
                names = ", ".join(self.encoder.known)
                raise DataError(
                    f"{names} must be known at the {self.horizon} steps to forecast, and {self._name(i)} lacks values: "
                    "give rows for them behind the history, with gaps in the other columns."
                )

    def _name(self, i: int) -> str:
        of = self.grid.levels[i]
        return f'group "{of}"' if self.encoder.group is not None else "this table"


def _ends(grid: Grid, unknown: Sequence[int]) -> NDArray[np.intp]:
    """Return each series' last step at which one of the columns was observed that are not known in advance."""
    seen = np.asarray(~np.isnan(grid.values[:, unknown]).all(axis=1))
    ends = []
    for start, length in zip(grid.starts, grid.lengths, strict=True):
        observed = np.flatnonzero(seen[start : start + length])
        ends.append(start + (observed[-1] if len(observed) else 0))
    return np.array(ends, np.intp)
