"""Series of equal steps: every group's rows in order, missing rows put in as gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import MISSING, Floats, Series, kind_of, read_flags, read_levels, read_numbers
from nbreg.data.windows.clock import Clock, Moments, learn_clock
from nbreg.errors import DataError


@dataclass(frozen=True, eq=False)
class Grid:
    """All steps of all groups, one series behind the other.

    `moments` ``(n_steps,)`` are the clock's, `values` ``(n_steps, n_columns)`` float64 with gaps as NaN, `groups`
    ``(n_steps,)`` point into `levels`; `is_row` ``(n_steps,)`` says which steps the table has a row for, and `rows`
    which, -1 where it has none. `place` ``(n_steps,)`` counts the steps of each series from 0, `length` is that of the
    step's series.
    """

    clock: Clock
    moments: Moments
    values: Floats
    groups: NDArray[np.intp]
    levels: tuple[str, ...]
    rows: NDArray[np.intp]
    notices: tuple[str, ...] = ()

    @property
    def is_row(self) -> NDArray[np.bool_]:
        return self.rows >= 0

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where each group's series begins, ``(n_groups,)``."""
        return np.flatnonzero(np.diff(self.groups, prepend=-1))

    @property
    def lengths(self) -> NDArray[np.intp]:
        """How many steps each group's series has, ``(n_groups,)``."""
        return np.diff(self.starts, append=len(self.groups))

    @property
    def place(self) -> NDArray[np.intp]:
        """How many steps of its series each step has before it, ``(n_steps,)``."""
        return np.arange(len(self.groups)) - np.repeat(self.starts, self.lengths)


def make_grid(frame: Frame, time: str, group: str | None, columns: Sequence[str], clock: Clock | None = None) -> Grid:
    """Return the series of a table, those of `columns` as values.

    Steps are those of `clock`, or, without one, the most common difference of times. Rows without a time or a group
    are left out. Raises DataError for times that are no dates or numbers, are twice, or whose steps are not equal.
    """
    codes, levels = _groups(frame, group)
    known = np.flatnonzero(_has_time(frame[time]) & (codes >= 0))
    notices = _left_out(len(frame) - len(known), len(frame), time, group)
    if not len(known):
        raise DataError(f'No row has a time: column "{time}" is empty.')
    present, codes = np.unique(codes[known], return_inverse=True)
    levels = tuple(levels[code] for code in present)
    times = frame[time] if len(known) == len(frame) else frame[time][known]
    found = learn_clock(times, codes)
    if clock is not None and (found.kind, found.step) != (clock.kind, clock.step):
        raise DataError(f'The steps of "{time}" are {found.span(1)} here, and were {clock.span(1)} in training.')
    clock = clock or found
    moments = clock.moments(times)
    order = np.lexsort((moments, codes))
    rows, codes, moments = known[order], codes[order], moments[order]
    values = np.column_stack([read_quantity(frame[name]) for name in columns])
    return _evened(clock, moments, codes, values, rows, levels, notices)


def _evened(
    clock: Clock, moments: Moments, codes: NDArray[np.intp], values: Floats, rows: NDArray[np.intp],
    levels: tuple[str, ...], notices: tuple[str, ...],
) -> Grid:  # fmt: skip
    """Put in a row of gaps where a step is missing."""
    pieces = []
    for code in np.unique(codes):
        own = np.flatnonzero(codes == code)
        places = clock.positions(moments[own])
        at = np.full(places[-1] + 1, -1, np.intp)
        at[places] = rows[own]
        evenly = np.concatenate([moments[own[:1]], clock.after(moments[own[0]], len(at) - 1)])
        pieces.append((evenly, at, np.full(len(at), code)))
    all_moments, all_rows, all_codes = (np.concatenate(part) for part in zip(*pieces, strict=True))
    filled = np.where((all_rows >= 0)[:, None], values[all_rows], np.nan)
    return Grid(clock, all_moments, filled, all_codes, levels, all_rows, notices)


def _groups(frame: Frame, group: str | None) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return a code for each row, -1 without a group, and the names that they point into, in alphabetical order."""
    if group is None:
        return np.zeros(len(frame), np.intp), ("",)
    codes, found = read_levels(frame[group])
    levels = tuple(sorted(set(found[:-1])))
    place = {level: i for i, level in enumerate(levels)} | {MISSING: -1}
    return np.array([place[level] for level in found], np.intp)[codes], levels


def _has_time(series: Series) -> NDArray[np.bool_]:
    missing = np.asarray(series.is_null().to_numpy(), bool)
    return ~(missing | np.isnan(read_numbers(series))) if series.dtype.is_float() else ~missing


def _left_out(count: int, n_rows: int, time: str, group: str | None) -> tuple[str, ...]:
    what = f'"{time}"' if group is None else f'"{time}" or "{group}"'
    return (f"Left out {count:,} of {n_rows:,} rows: {what} is missing.",) if count else ()


def read_quantity(series: Series) -> Floats:
    """Return a column of numbers, or of true and false, as float64 ``(n,)``. Raises DataError for others."""
    return read_flags(series) if kind_of(series) == "boolean" else read_numbers(series)
