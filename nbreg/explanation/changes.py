"""New values for a row: read as their columns' kinds, and compared with what the network has seen."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import numpy as np

from nbreg.data.frames import Frame
from nbreg.data.reading import MISSING, Series, kind_of, read_levels, read_numbers, read_times
from nbreg.errors import OptionError, did_you_mean
from nbreg.evaluation.wording import tick

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, eq=False)
class Seen:
    """Rows that new values are compared with; `words` say which, such as ``the train rows``."""

    frame: Frame
    words: str


def with_changes(table: Frame, row: int, changes: Mapping[str, Any], seen: Seen) -> tuple[Frame, tuple[str, ...]]:
    """Return two rows, as it is and with the changes, and sentences about values unlike those seen.

    Columns keep their types as far as the new values allow. Raises OptionError for a value of the wrong kind.
    """
    pair, notices = table[[row, row]], []
    for name, value in changes.items():
        column, notice = _changed(table[name], row, value, seen)
        pair = pair.with_columns(column)
        notices += [notice] if notice else []
    return pair, tuple(notices)


def check_features(changes: Mapping[str, Any], features: Sequence[str]) -> None:
    """Raise OptionError unless there are changes, all of features."""
    if not changes:
        raise OptionError(f'Say what is to change, such as changes={{"{features[0]}": ...}} (--set {features[0]}=...).')
    for name in changes:
        if name not in features:
            raise OptionError(f'There is no feature "{name}".{did_you_mean(name, features)}')


def _changed(series: Series, row: int, value: Any, seen: Seen) -> tuple[Series, str]:
    """Return the column of two rows, and what there is to say of the new value."""
    if value is None or value != value:
        return _gap(series, row), ""
    kind = kind_of(seen.frame[series.name])
    if kind == "category":
        return _level(series, row, str(value), seen)
    if kind == "boolean":
        return _pair(series, row, _flag(series.name, value)), ""
    if kind == "date":
        moment = _moment(series.name, value)
        column = _pair_of_moments(series, row, moment)
        return column, _outside(series.name, _shown(moment), read_times(column)[1], read_times, seen)
    number = _number(series.name, value)
    column = _pair_of_numbers(series, row, number)
    return column, _outside(series.name, tick(number), number, read_numbers, seen)


def _gap(series: Series, row: int) -> Series:
    values = series.to_list()
    gap = next((i for i, value in enumerate(values) if value is None or value != value), None)
    if gap is None:
        raise OptionError(f"No row of this table has a gap in {series.name}, so none can be put there; give a value.")
    return series[[row, gap]]


# Categories


def _level(series: Series, row: int, text: str, seen: Seen) -> tuple[Series, str]:
    codes, levels = read_levels(series)
    known = [level for level in read_levels(seen.frame[series.name])[1] if level != MISSING]
    notice = "" if text in known else _unseen(series.name, text, known, seen)
    if text in levels:  # a row that has it lends its value, of whatever type that is
        return series[[row, int(np.flatnonzero(codes == levels.index(text))[0])]], notice
    old = levels[codes[row]]
    texts = [None if old == MISSING else old, text]
    return nw.new_series(series.name, texts, nw.String, backend=series.implementation), notice


def _unseen(name: str, text: str, known: list[str], seen: Seen) -> str:
    hint = did_you_mean(text, known)
    return f'None of {seen.words} has {name} "{text}": how it acts is a guess.{hint}'


# Quantities


def _flag(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in (*_YES, *_NO) and value not in (0, 1):
        raise OptionError(f"{name} takes true or false; got {value!r}.")
    return text in _YES or (text not in _NO and bool(value))


def _number(name: str, value: Any) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    try:
        if isinstance(value, bool) or not isinstance(value, (str, numbers.Real)):
            raise ValueError
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
    except ValueError:
        raise OptionError(f"{name} takes a number; got {value!r}.") from None
    return number


def _moment(name: str, value: Any) -> datetime:
    try:
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]").item()
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime):
            raise ValueError
    except ValueError:
        raise OptionError(f"{name} takes a date, such as 2024-05-31; got {value!r}.") from None
    return value


def _pair_of_numbers(series: Series, row: int, number: float) -> Series:
    if series.dtype == nw.Duration:
        return _pair(series, row, timedelta(seconds=number))
    if series.dtype.is_integer() and number.is_integer():
        return _pair(series, row, int(number))
    widened = series.cast(nw.Float64) if series.dtype.is_numeric() and not series.dtype.is_float() else series
    return _pair(widened, row, number)


def _pair_of_moments(series: Series, row: int, moment: datetime) -> Series:
    zone = getattr(series.dtype, "time_zone", None)
    if zone and moment.tzinfo is None:
        from zoneinfo import ZoneInfo

        moment = moment.replace(tzinfo=ZoneInfo(zone))
    elif zone is None:
        moment = moment.replace(tzinfo=None)
    return _pair(series, row, moment)


def _pair(series: Series, row: int, value: Any) -> Series:
    """Return the column's value in `row` and a new one, of the column's type."""
    new = nw.new_series(series.name, [value], backend=series.implementation)
    if series.dtype != nw.Object:
        new = new.cast(series.dtype)
    both = nw.concat([series[[row]].to_frame(), new.to_frame()], how="vertical")
    return both[series.name]


def _outside(name: str, text: str, value: Any, read: Callable[[Series], Any], seen: Seen) -> str:
    """Return a sentence about a quantity beyond all that were seen."""
    known = read(seen.frame[name])
    known = known[~np.isnat(known) if known.dtype.kind == "M" else ~np.isnan(known)]
    if not len(known) or known.min() <= value <= known.max():
        return ""
    low, high = (
        _shown(end.astype("datetime64[s]").item()) if known.dtype.kind == "M" else tick(float(end))
        for end in (known.min(), known.max())
    )
    return f"{name} {text} is outside {seen.words}, which go from {low} to {high}: how it acts there is a guess."


def _shown(moment: datetime) -> str:
    return str(moment).removesuffix(" 00:00:00")
