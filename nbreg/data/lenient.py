"""Values of a column for looking at, not for learning from: what is no usable number is a gap; nothing is refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import LARGEST, Floats, Series, read_levels, read_numbers, read_times
from nbreg.errors import DataError

#: Kinds whose values stand on a line.
MEASURED = ("number", "boolean", "date")

_EPOCH, _DAY = np.datetime64(0, "us"), np.timedelta64(1, "D")


def missing_mask(series: Series) -> NDArray[np.bool_]:
    """Return where a column has no value, ``(n,)``; NaN counts as none."""
    is_gap = series.is_null().to_numpy()
    # pandas counts NaN among its nulls already; elsewhere they are numbers.
    if series.dtype.is_float() and not series.implementation.is_pandas():
        is_gap = is_gap | series.is_nan().fill_null(False).to_numpy()
    return np.asarray(is_gap, bool)


def measured(series: Series, kind: str) -> Floats:
    """Return numbers ``(n,)``: true as 1, dates as days since 1970; gaps, and what is too large to be squared, as NaN.

    Columns of other kinds are all NaN.
    """
    if kind not in MEASURED:
        return np.full(len(series), np.nan)
    try:
        if kind == "date":
            times = read_times(series)
            return np.where(np.isnat(times), np.nan, (times - _EPOCH) / _DAY)
        if series.dtype.is_float():
            return _usable(np.asarray(series.to_numpy(), np.float64))
        return read_numbers(series)
    except DataError:  # what cannot be read is told by who wants to learn from it
        return np.full(len(series), np.nan)


def coded(series: Series, kind: str) -> tuple[NDArray[np.intp], list[str]]:
    """Return ``codes (n,)``, -1 for gaps, and the text of each code; of what cannot be told apart all are gaps."""
    if kind in ("empty", "unreadable"):
        return np.full(len(series), -1, np.intp), []
    codes, levels = read_levels(series)
    return np.where(codes == len(levels) - 1, -1, codes), levels[:-1]


def distinct_codes(values: Floats) -> tuple[NDArray[np.intp], int]:
    """Return the code of each number, -1 for NaN, and how many there are."""
    import pandas as pd

    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    return np.asarray(codes, np.intp), len(distinct)


def row_codes(frame: Frame) -> NDArray[np.intp]:
    """Return a number for each row ``(n,)``, the same for rows that agree in all columns that can be read."""
    codes = np.zeros(len(frame), np.intp)
    for name in frame.columns:
        try:
            own, levels = read_levels(frame[name])
        except DataError:
            continue
        _, codes = np.unique(codes * len(levels) + own, return_inverse=True)
    return codes


def _usable(values: Floats) -> Floats:
    is_usable = np.abs(values) <= LARGEST
    return values if is_usable.all() else np.where(is_usable, values, np.nan)
