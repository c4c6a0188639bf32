"""What a row's values are changed with: a control for each feature, of its kind and range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np

from nbreg.data.frames import Frame
from nbreg.data.reading import MISSING, Series, kind_of, own_order, read_levels, read_numbers, read_times
from nbreg.evaluation.wording import tick
from nbreg.explanation.material import drawn

#: A slider goes from the one quantile to the other: beyond, single rows would stretch it.
ENDS = 0.01, 0.99
#: So many rows tell the quantiles.
MOST_ROWS = 20_000
#: A slider has about so many places.
PLACES = 200
#: A list of levels beyond this is too long for anybody.
MOST_LEVELS = 500


def controls_of(table: Frame, features: Sequence[str]) -> list[dict[str, Any]]:
    """Return for each feature its ``name`` and ``kind`` (number, date, boolean, category), and what its control takes.

    Numbers and dates have ``low``, ``high`` and ``step``: days since 1970 for dates, which also say whether they have
    ``times`` of day. Categories have ``levels``. Where rows lack a value, ``gaps`` is true.
    """
    rows = drawn(len(table), MOST_ROWS, 0)
    return [_control(table[name], table[name][rows]) for name in features]


def _control(whole: Series, some: Series) -> dict[str, Any]:
    kind = kind_of(whole)
    about = {"name": whole.name, "kind": kind, "gaps": bool(_has_gaps(whole, kind))}
    if kind == "category":
        return {**about, "levels": _levels(whole)}
    if kind == "date":
        return {**about, **_dates(some)}
    if kind == "number":
        return {**about, **_range(read_numbers(some)), "unit": "s" if whole.dtype == nw.Duration else ""}
    return about


def _has_gaps(series: Series, kind: str) -> Any:
    if kind == "category":
        codes, levels = read_levels(series)
        return (codes == len(levels) - 1).any()
    if kind in ("number", "boolean"):
        return np.isnan(read_numbers(series)).any()
    return kind == "date" and np.isnat(read_times(series)).any()


def _levels(series: Series) -> list[str]:
    found = [level for level in read_levels(series)[1] if level != MISSING]
    order = own_order(series)
    return [level for level in order if level in found] if set(found) <= set(order) else sorted(found)[:MOST_LEVELS]


def _range(numbers: Any) -> dict[str, Any]:
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return {"low": 0.0, "high": 0.0, "step": 1.0, "texts": ["", ""]}
    low, high = np.quantile(known, ENDS).tolist()
    if low == high:
        low, high = float(known.min()), float(known.max())
    is_whole = bool((known == np.round(known)).all())
    step = nice_step((high - low) / PLACES) if high > low else 1.0
    step = max(1.0, step) if is_whole else step
    # Ends on steps, so that the slider's places are round numbers.
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    low, high = round(low, digits), round(high, digits)
    return {"low": low, "high": high, "step": step, "texts": [tick(low), tick(high)]}


def _dates(series: Series) -> dict[str, Any]:
    times = read_times(series)
    known = times[~np.isnat(times)]
    if not len(known):
        return {"low": "", "high": "", "times": False}
    low, high = known.min().astype("datetime64[s]").item(), known.max().astype("datetime64[s]").item()
    has_times = bool((known != known.astype("datetime64[D]")).any())
    form = "minutes" if has_times else "days"
    ends = [end.isoformat(timespec="minutes") if form == "minutes" else end.date().isoformat() for end in (low, high)]
    return {"low": ends[0], "high": ends[1], "times": has_times}


def nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, the nearest below `rough`, above 0."""
    power = 10.0 ** math.floor(math.log10(rough))
    factor = next(factor for factor in (5, 2, 1) if factor * power <= rough * (1 + 1e-9))
    step = factor * power
    return float(f"{step:.6g}")


def values_of(row: Frame) -> dict[str, Any]:
    """Return the values of a table's only row as a control shows them; None for a gap."""
    return {name: _value(row[name]) for name in row.columns}


def _value(series: Series) -> Any:
    kind = kind_of(series)
    if kind in ("empty", "unreadable"):
        return None
    if kind == "category":
        codes, levels = read_levels(series)
        level = levels[int(codes[0])]
        return None if level == MISSING else level
    if kind == "date":
        moment = read_times(series)[0].astype("datetime64[s]").item()
        return None if moment is None else moment.isoformat().removesuffix("T00:00:00")
    number = float(read_numbers(series)[0])
    if math.isnan(number):
        return None
    if kind == "boolean":
        return bool(number)
    return float(f"{number:.9g}")
