"""Conditions on one feature that part rows into groups: a level, a range, or that the value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.histogram import may_be_years, moment_words, number_words
from nbreg.data.lenient import coded, measured
from nbreg.data.reading import Floats, Series, kind_of

#: Numbers are cut into so many parts, each with about as many rows; ranges go from one cut to another.
PARTS = 20
#: A cut is rounded as long as it moves by no more than this share of the way to the next.
MOVED = 0.2
#: Dates are cut at the beginnings of years, quarters or months, whichever is the first to have so many.
ENOUGH_PERIODS = 15
#: Positions of cuts are found in so many rows.
_LOOKED_AT = 100_000


@dataclass(frozen=True)
class Condition:
    """What the rows of a group have in common.

    `level` is a category's level, "true" or "false"; a range is ``low <= value < high`` (dates in days since 1970),
    with None where it is open; `is_missing` that there is no value.
    """

    feature: str
    words: str
    level: str | None = None
    low: float | None = None
    high: float | None = None
    is_missing: bool = False

    def mask(self, frame: Frame) -> NDArray[np.bool_]:
        """Return which rows of a table meet it, ``(n_rows,)``."""
        series = frame[self.feature]
        kind = kind_of(series)
        if kind == "category":
            codes, levels = coded(series, kind)
            place = -1 if self.is_missing else levels.index(self.level) if self.level in levels else len(levels)
            return np.asarray(codes == place, bool)
        values = measured(series, kind)
        if self.is_missing:
            return np.isnan(values)
        if self.level is not None:
            return np.asarray(values == float(self.level == "true"), bool)
        above = True if self.low is None else values >= self.low
        below = True if self.high is None else values < self.high
        return np.asarray(above & below & ~np.isnan(values), bool)


@dataclass(frozen=True, eq=False)
class Parted:
    """A feature's rows in parts: `codes` ``(n_rows,)``, the last of `n_parts` for gaps.

    `candidates` are ranges of parts ``(n_candidates, 2)``, first and last; numbers have their parts between `cuts`.
    """

    feature: str
    kind: str
    codes: NDArray[np.intp]
    n_parts: int
    candidates: NDArray[np.intp]
    levels: tuple[str, ...] = ()
    cuts: Floats | None = None
    is_whole: bool = False
    #: The smallest and the largest value of the feature.
    span: tuple[float, float] = (0.0, 0.0)

    def condition(self, first: int, last: int) -> Condition:
        """Return the condition that parts `first` to `last` meet."""
        if first == self.n_parts - 1:
            return Condition(self.feature, f"{self.feature} missing", is_missing=True)
        if self.cuts is None:
            level = self.levels[first]
            return Condition(self.feature, f"{self.feature} = {level}", level=level)
        low = None if first == 0 else float(self.cuts[first - 1])
        high = None if last == self.n_parts - 2 else float(self.cuts[last])
        return Condition(self.feature, self._range_words(low, high), low=low, high=high)

    def _range_words(self, low: float | None, high: float | None) -> str:
        # The last whole number, or day, before the upper bound says more than the bound itself.
        last = None if high is None else high - 1 if self.is_whole else high
        first_words, last_words = self._bound_words(low, last)
        name = self.feature
        if self.is_whole and (low if last is None else last) == self.span[last is None]:
            return f"{name} = {last_words if low is None else first_words}"
        if low is None:
            return f"{name} up to {last_words}" if self.is_whole else f"{name} below {last_words}"
        if last is None:
            return f"{name} from {first_words} on" if self.kind == "date" else f"{name} at least {first_words}"
        return f"{name} = {first_words}" if low == last else f"{name} {first_words} to {last_words}"

    def _bound_words(self, low: float | None, high: float | None) -> tuple[str, str]:
        first, last = (self.span[0] if low is None else low), (self.span[1] if high is None else high)
        if self.kind == "date":
            return moment_words(first, self.is_whole), moment_words(last, self.is_whole)
        if self.is_whole and may_be_years(*self.span):
            return f"{first:.0f}", f"{last:.0f}"
        return number_words(first), number_words(last)


def parted(frame: Frame, features: Sequence[str]) -> list[Parted]:
    """Return features in parts; those of one value, and those that cannot be read, are left out."""
    found = (_parted(frame[name]) for name in features)
    return [each for each in found if each is not None and len(each.candidates)]


def _parted(series: Series) -> Parted | None:
    kind = kind_of(series)
    if kind == "category":
        codes, levels = coded(series, kind)
        return _of_levels(series.name, kind, codes, tuple(levels))
    values = measured(series, kind)
    if kind == "boolean":
        return _of_levels(series.name, kind, np.where(np.isnan(values), -1, values).astype(np.intp), ("false", "true"))
    return _of_numbers(series.name, kind, values) if kind in ("number", "date") else None


def _of_levels(name: str, kind: str, codes: NDArray[np.intp], levels: tuple[str, ...]) -> Parted:
    n_parts = len(levels) + 1
    single = np.arange(n_parts)
    return Parted(name, kind, np.where(codes < 0, n_parts - 1, codes), n_parts, np.stack([single, single], 1), levels)


def _of_numbers(name: str, kind: str, values: Floats) -> Parted | None:
    is_gap = np.isnan(values)
    known = values[~is_gap]
    if not len(known) or known.min() == known.max():
        return None
    span = float(known.min()), float(known.max())
    is_whole = bool((known == np.round(known)).all()) if kind == "number" else span[1] - span[0] >= PARTS
    looked_at = known[:: -(-len(known) // _LOOKED_AT)]
    cuts = _date_cuts(looked_at) if kind == "date" and is_whole else _cuts(looked_at, is_whole)
    cuts = cuts[(cuts > span[0]) & (cuts <= span[1])]
    n_parts = len(cuts) + 2
    codes = np.where(is_gap, n_parts - 1, np.searchsorted(cuts, values, side="right")).astype(np.intp)
    first, last = np.triu_indices(n_parts - 1)
    is_all = (first == 0) & (last == n_parts - 2) & (not is_gap.any())
    ranges = np.stack([first, last], 1)[~is_all]
    with_gaps = np.vstack([ranges, [[n_parts - 1, n_parts - 1]]])
    return Parted(name, kind, codes, n_parts, with_gaps, (), cuts, is_whole, span)


def _cuts(values: Floats, is_whole: bool) -> Floats:
    """Return growing bounds between parts of about as many values each, as round as that allows."""
    distinct = np.unique(values)
    if is_whole and len(distinct) <= PARTS:
        return np.unique(np.ceil(distinct[1:]))
    marks = np.quantile(values, np.arange(1, PARTS) / PARTS, method="inverted_cdf")
    often = np.unique(marks[1:][np.diff(marks) == 0])
    marks = np.unique(marks)
    ways = np.diff(marks) if len(marks) > 1 else np.array([np.ptp(values) / PARTS])
    room = np.minimum(np.append(ways, ways[-1]), np.insert(ways, 0, ways[0])[: len(marks)]) * MOVED
    rounded = [_rounded(mark, most, is_whole) for mark, most in zip(marks.tolist(), room.tolist(), strict=False)]
    return np.unique([*(mark for mark in rounded if mark not in often), *often, *_behind(often, distinct, is_whole)])


def _behind(often: Floats, distinct: Floats, is_whole: bool) -> list[float]:
    """Return bounds between values that many rows have and the next larger ones, close to these."""
    after = np.searchsorted(distinct, often, side="right")
    pairs = [(value, distinct[i]) for value, i in zip(often, after, strict=True) if i < len(distinct)]
    return [
        _rounded(float(next_ - (next_ - value) / 10), float(next_ - value) / 10, is_whole) for value, next_ in pairs
    ]


def _date_cuts(days: Floats) -> Floats:
    """Return bounds at the first of years, quarters or months where there are enough of them, else at midnights."""
    first, last = (np.datetime64(int(day), "D") for day in (np.floor(days.min()), np.ceil(days.max())))
    for unit in ("Y", "3M", "M"):
        begun = np.arange(first.astype(f"datetime64[{unit}]"), last.astype(f"datetime64[{unit}]") + 1)
        if len(begun) >= ENOUGH_PERIODS:
            return begun.astype("datetime64[D]").astype(np.float64)
    marks = np.quantile(days, np.arange(1, PARTS) / PARTS, method="inverted_cdf")
    return np.unique(np.round(marks))


def _rounded(mark: float, most: float, is_whole: bool) -> float:
    """Return the roundest number, by powers of ten and their halves, within `most` of a mark."""
    exponent = int(np.ceil(np.log10(most))) + 1 if most > 0 else -12
    for power in range(exponent, exponent - 4, -1):
        for factor in (1.0, 0.5):
            step = factor * 10.0**power
            near = round(round(mark / step) * step, max(0, 1 - power))
            if abs(near - mark) <= most and (not is_whole or near == round(near)):
                return near
    return mark
