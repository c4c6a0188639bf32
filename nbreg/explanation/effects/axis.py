"""The values of a feature that its effect is asked for, each held by a row of the data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import Series, kind_of, own_order, read_flags, read_levels, read_numbers, read_times
from nbreg.errors import DataError
from nbreg.evaluation.wording import tick
from nbreg.explanation.explained import Floats

#: Of a category with more levels the most frequent ones are shown.
MOST_LEVELS = 20

_EPOCH, _DAY = np.datetime64(0, "us"), np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Axis:
    """One feature's grid.

    Attributes
    ----------
    name, kind : str
        The feature; its kind is number, date, boolean or category.
    numbers : ``(n_grid,)``
        The grid's values in growing order: numbers; days since 1970; positions of levels.
    rows : ``(n_grid,)``
        For each value a row that has it. What an effect is asked for thus needs no new row to be made up and encoded.
    observed : ``(n_rows,)``
        Where each row stands, in the grid's numbers; NaN for a gap, or a level that is not shown.
    levels : tuple of str, or None
        The levels of a category, and ``false`` and ``true`` of a boolean.
    has_order : bool
        Whether the levels have an order of their own.
    notices : tuple of str
    """

    name: str
    kind: str
    numbers: Floats
    rows: NDArray[np.intp]
    observed: Floats
    levels: tuple[str, ...] | None = None
    has_order: bool = True
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def values(self) -> NDArray[Any]:
        """The grid's values as the table has them: numbers, datetime64, or levels as text."""
        if self.levels is not None:
            return np.array(self.levels, dtype=object)
        return _EPOCH + (self.numbers * _DAY.astype("timedelta64[us]")) if self.kind == "date" else self.numbers

    @property
    def texts(self) -> tuple[str, ...]:
        """The grid's values as people read them."""
        if self.levels is not None:
            return self.levels
        if self.kind == "date":
            return tuple(str(moment.astype("datetime64[D]")) for moment in self.values)
        return tuple(tick(float(f"{number:.4g}")) for number in self.numbers)

    def in_order(self, order: NDArray[np.intp], why: str = "") -> Axis:
        """Return the axis with its levels in another order; `order` holds their present positions."""
        assert self.levels is not None  # only levels can be moved
        place = np.append(np.argsort(order), 0)
        known = np.isfinite(self.observed)
        moved = place[np.where(known, self.observed, -1).astype(np.intp)]
        return replace(
            self,
            rows=self.rows[order],
            levels=tuple(self.levels[i] for i in order),
            observed=np.where(known, moved, np.nan),
            notices=(*self.notices, why) if why else self.notices,
        )


def axis_of(frame: Frame, name: str, n_grid: int) -> Axis:
    """Return the grid of a feature, of at most `n_grid` values, or of its levels.

    Numbers and dates take values that rows have, spaced as the rows are. Raises DataError where all rows agree.
    """
    series = frame[name]
    kind = kind_of(series)
    if kind == "category":
        axis = _of_levels(series)
    elif kind == "boolean":
        axis = _of_flags(series)
    else:
        axis = _of_numbers(name, kind, _times(series) if kind == "date" else read_numbers(series), n_grid)
    if len(axis) < 2:
        raise DataError(
            f'Feature "{name}" has the same value in all {len(frame):,} rows looked at: it can have no effect there; '
            "give more rows, or others."
        )
    return axis


def _times(series: Series) -> Floats:
    times = read_times(series)
    return np.where(np.isnat(times), np.nan, (times - _EPOCH) / _DAY)


def _of_numbers(name: str, kind: str, observed: Floats, n_grid: int) -> Axis:
    numbers, rows = np.unique(observed, return_index=True)
    known = np.isfinite(numbers)
    numbers, rows = numbers[known], rows[known]
    if len(numbers) > n_grid:
        ranks = np.linspace(0, 1, n_grid)
        chosen = np.quantile(observed[np.isfinite(observed)], ranks, method="inverted_cdf")
        at = np.unique(np.searchsorted(numbers, chosen))
        numbers, rows = numbers[at], rows[at]
    return Axis(name, kind, numbers, rows, observed)


def _of_flags(series: Series) -> Axis:
    axis = _of_numbers(series.name, "boolean", read_flags(series), 2)
    levels = tuple(("false", "true")[int(number)] for number in axis.numbers)
    return replace(axis, levels=levels)


def _of_levels(series: Series) -> Axis:
    codes, distinct = read_levels(series)
    texts = np.array(distinct, dtype=object)[codes]
    counts = Counter(texts.tolist())
    shown = {level for level, _ in counts.most_common(MOST_LEVELS)}
    order = own_order(series)
    levels = [level for level in order if level in shown]
    levels += sorted(shown - set(levels))
    place = {level: float(i) for i, level in enumerate(levels)}
    observed = np.array([place.get(text, np.nan) for text in texts])
    rows = np.array([np.flatnonzero(observed == i)[0] for i in range(len(levels))])
    hidden = len(counts) - len(levels)
    numbers = np.arange(len(levels), dtype=float)
    said = f"Shown are the {MOST_LEVELS} most frequent of {len(counts)} levels of {series.name}."
    notices = (said,) if hidden else ()
    return Axis(series.name, "category", numbers, rows, observed, tuple(levels), bool(order), notices)
