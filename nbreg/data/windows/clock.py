"""Times as equal steps: hours, days, months, or numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Series, Times, expect, kind_of, read_numbers, read_times, time_zone_of
from nbreg.errors import DataError
from nbreg.option_words import number_text

Moments = NDArray[Any]

#: Microseconds in each unit that steps are told in, the longest first.
_UNITS = {
    "wk": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1000,
    "us": 1,
}

#: A number may stand this share of a step off its place.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Clock:
    """What a column of times counts, and how much of it is one step.

    `kind` says what its *moments* are, numbers that grow with time: ``instant``, microseconds of UTC, where no hour
    is there twice or missing; ``wall``, microseconds of what the clock shows, for days of a zone that has a summer
    time; ``month``, months (times stand `offset` microseconds behind a month's first, or, below 0, before the next);
    ``number``, the column's own numbers.
    """

    time: str
    kind: str
    step: float
    zone: str | None = None
    offset: int = 0

    def moments(self, series: Series) -> Moments:
        """Return the moments of times ``(n,)`` without gaps. Raises DataError for a column of another kind."""
        if self.kind != "month":
            return _moments(series, self.kind, self.zone)
        months, offsets = _months(read_times(series, self.zone), at_end=self.offset < 0)
        if (offsets != self.offset).any():
            raise DataError(f'The times of "{self.time}" do not all stand at the same place of their months.')
        return months

    def positions(self, moments: Moments) -> NDArray[np.int64]:
        """Return how many steps each moment is behind the first, whole numbers. Raises DataError where they are not."""
        steps = (moments - moments[0]) / self.step
        whole = np.round(steps)
        uneven = np.flatnonzero(np.abs(steps - whole) > _TOLERANCE)
        if len(uneven):
            raise DataError(self._uneven(moments, uneven[0]))
        positions: NDArray[np.int64] = whole.astype(np.int64)
        return positions

    def after(self, moment: Any, n_steps: int) -> Moments:
        """Return the moments of the `n_steps` steps behind one, ``(n_steps,)``."""
        behind: Moments = moment + np.arange(1, n_steps + 1) * self._exact_step
        return behind

    def times(self, moments: Moments) -> Times:
        """Return what the clock on the wall shows, datetime64[us] ``(n,)``; numbers have no such thing."""
        if self.kind == "month":
            return _of_months(moments.astype(np.int64), self.offset)
        times = moments.astype(np.int64).astype("datetime64[us]")
        if self.kind == "wall" or self.zone is None:
            return times
        import pandas as pd

        shown = pd.DatetimeIndex(times, tz="UTC").tz_convert(self.zone).tz_localize(None)
        return np.asarray(shown.to_numpy(), "datetime64[us]")

    def series(self, moments: Moments, like: Series) -> Series:
        """Return moments as a column of the kind, and of the zone, that `like` is."""
        if self.kind == "number":
            is_whole = like.dtype.is_integer()
            values = np.round(moments).astype(np.int64) if is_whole else moments.astype(np.float64)
            return nw.new_series(self.time, values, backend=like.implementation)
        is_instant = self.kind == "instant" and self.zone is not None
        times = moments.astype("datetime64[us]") if is_instant else self.times(moments)
        made = nw.new_series(self.time, times, backend=like.implementation)
        if is_instant:
            made = made.dt.replace_time_zone("UTC").dt.convert_time_zone(str(self.zone))
        elif self.zone is not None:
            made = made.dt.replace_time_zone(self.zone)
        return _as_kind_of(made, like)

    def words(self, n_steps: int) -> str:
        """Return ``now`` for 0, ``-47 h`` for 47 steps of an hour before, ``+1 h`` for one behind."""
        if not n_steps:
            return "now"
        return f"{'+' if n_steps > 0 else '-'}{self.span(abs(n_steps))}"

    def span(self, n_steps: int) -> str:
        """Return how long some steps are: ``24 h``, ``3 months``, or a number."""
        size, unit = self._unit()
        return f"{number_text(n_steps * size)} {unit}".rstrip()

    def _unit(self) -> tuple[float, str]:
        if self.kind == "number":
            return self.step, ""
        if self.kind == "month":
            return (self.step / 12, "y") if self.step % 12 == 0 else (self.step, "mo")
        unit = next(name for name, size in _UNITS.items() if self.step % size == 0)
        return self.step / _UNITS[unit], unit

    @property
    def _exact_step(self) -> float | int:
        return self.step if self.kind == "number" else int(self.step)

    def _uneven(self, moments: Moments, i: int) -> str:
        before, here = (_text(self, moments[[j]]) for j in (i - 1, i))
        return (
            f'The steps of "{self.time}" are not equal: most are {self.span(1)}, but {here} follows {before}. '
            "Bring the table to equal steps first (pandas: resample), rows may then be missing."
        )


def learn_clock(series: Series, groups: NDArray[np.intp]) -> Clock:
    """Return the clock of a column of times; the most common difference within a group, ``(n,)`` codes, is a step.

    Times of a zone are looked at as instants first, then as what the clock shows, then as months. Raises DataError
    where they are neither dates nor numbers, where a time is twice in a group, and where steps are not equal.
    """
    expect(series, "date", "number")
    first: Clock | None = None
    for kind, zone, moments, offset in _readings(series):
        order = np.lexsort((moments, groups))
        within = groups[order][1:] == groups[order][:-1]
        steps = np.diff(moments[order])[within]
        clock = Clock(series.name, kind, _most_common(steps, series.name), zone, offset)
        if first is None:
            _check_once(clock, moments[order], within)
        if _is_even(steps, clock.step):
            return clock
        first = first or clock
    assert first is not None  # a column of dates or numbers has one reading at least
    moments = first.moments(series)
    order = np.lexsort((moments, groups))
    uneven = [i for i in _beginnings(groups[order]) if not _is_even(np.diff(moments[order][i]), first.step)]
    first.positions(moments[order][uneven[0]])  # which says where
    return first


def _as_kind_of(made: Series, like: Series) -> Series:
    """Return dates in the column type of others; dates that pandas keeps as objects become its own."""
    if like.implementation.is_pandas():
        dtype = like.to_native().dtype
        return nw.from_native(made.to_native().astype(dtype), series_only=True) if dtype.kind == "M" else made
    return made.cast(like.dtype) if like.dtype in (nw.Datetime, nw.Date) else made


def _readings(series: Series) -> Iterator[tuple[str, str | None, Moments, int]]:
    """Yield what the times may count: kind, zone, moments and offset."""
    if kind_of(series) == "number":
        yield "number", None, read_numbers(series), 0
        return
    zone = time_zone_of(series)
    yield "instant", zone, _moments(series, "instant", zone), 0
    if zone is not None:
        yield "wall", zone, _moments(series, "wall", zone), 0
    for at_end in (False, True):
        months, offsets = _months(read_times(series, zone), at_end=at_end)
        if (offsets == offsets[0]).all():
            yield "month", zone, months, int(offsets[0])


def _moments(series: Series, kind: str, zone: str | None) -> Moments:
    if kind == "number":
        return read_numbers(series)
    return read_times(series, "UTC" if kind == "instant" else zone).astype(np.int64)


def _months(times: Times, *, at_end: bool) -> tuple[Moments, Moments]:
    """Return months since 1970 and how far, in microseconds, each time is from its month's first or the next's."""
    months = times.astype("datetime64[M]")
    reference = months + 1 if at_end else months
    return months.astype(np.int64), (times - reference.astype("datetime64[us]")).astype(np.int64)


def _of_months(months: Moments, offset: int) -> Times:
    reference = (months + 1 if offset < 0 else months).astype("datetime64[M]")
    times: Times = reference.astype("datetime64[us]") + np.timedelta64(offset, "us")  # type: ignore[assignment]
    return times


def _most_common(steps: Moments, name: str) -> float:
    if not len(steps):
        raise DataError(f'Column "{name}" has no two times in any group: a series needs more than one row.')
    later = steps[steps > 0] if (steps > 0).any() else steps
    span = float(np.abs(later).max())
    rounded = np.round(later / span, 9) if later.dtype.kind == "f" and span else later
    _, at, counts = np.unique(rounded, return_index=True, return_counts=True)
    step = float(later[at[np.argmax(counts)]])
    return float(f"{step:.9g}") if later.dtype.kind == "f" else step  # 0.1, where the difference of two is 0.1 + 1e-16


def _is_even(steps: Moments, step: float) -> bool:
    if step <= 0:
        return False
    return bool((np.abs(steps / step - np.round(steps / step)) <= _TOLERANCE).all())


def _check_once(clock: Clock, in_order: Moments, within: NDArray[np.bool_]) -> None:
    twice = np.flatnonzero((np.diff(in_order) == 0) & within)
    if len(twice):
        more = f" ({len(twice):,} rows repeat a time)" if len(twice) > 1 else ""
        raise DataError(
            f'{_text(clock, in_order[[twice[0]]])} is twice in column "{clock.time}"{more}: a series has one row a '
            "time. Where the table holds several, name the column that tells them apart: group=... (--group COL)."
        )


def _beginnings(groups: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(groups == code) for code in np.unique(groups)]


def _text(clock: Clock, moments: Moments) -> str:
    if clock.kind == "number":
        return number_text(float(moments[0]))
    shown = str(clock.times(moments)[0]).replace("T", " ").removesuffix(".000000")
    return shown.removesuffix(" 00:00:00").removesuffix(":00")
