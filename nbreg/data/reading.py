"""Values out of one column of any backend: numbers, flags, times or levels, gaps kept as gaps.

Four kinds of column are told apart: ``number`` (durations are numbers, in seconds), ``boolean``,
``date`` (dates and date-times) and ``category`` (text, categories, and mixtures).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError

Series = nw.Series[Any]
Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

#: Larger numbers are no measurements but marks, such as the largest double; their squares would be infinite.
LARGEST = 1e150

#: What a level that is missing is called.
MISSING = "(missing)"

_PLURAL = {"number": "numbers", "boolean": "true or false", "date": "dates", "category": "text"}

#: What pandas finds in a column of Python objects -> our kind.
_OBJECT_KINDS = {
    "integer": "number",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
    "timedelta": "number",
    "timedelta64": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date",
    "datetime64": "date",
    "string": "category",
    "mixed": "category",
    "mixed-integer": "category",
    "categorical": "category",
    "time": "category",
    "empty": "empty",
}


def kind_of(series: Series) -> str:
    """Return number, boolean, date or category; ``empty`` where every value is missing, else ``unreadable``."""
    dtype = series.dtype
    if dtype.is_numeric() or dtype == nw.Duration:
        return "number"
    if dtype == nw.Boolean:
        return "boolean"
    if series.null_count() == len(series):
        return "empty"
    if dtype in (nw.Datetime, nw.Date):
        return "date"
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Time):
        return "category"
    return _kind_of_objects(series) if dtype in (nw.Object, nw.Unknown) else "unreadable"


def _kind_of_objects(series: Series) -> str:
    from pandas.api.types import infer_dtype

    values = series.to_numpy()
    kind = _OBJECT_KINDS.get(infer_dtype(values, skipna=True), "unreadable")
    if kind == "category" and any(isinstance(value, (list, dict, set, np.ndarray, complex)) for value in values):
        return "unreadable"
    # pandas calls whole numbers among decimals, and other mixtures of numbers, mixed.
    return "number" if kind == "category" and all(_is_number(value) for value in values) else kind


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, (int, float, Decimal, np.integer, np.floating))


def read_numbers(series: Series) -> Floats:
    """Return float64 numbers ``(n,)``, gaps as NaN; durations in seconds. Raises DataError for text and infinities."""
    expect(series, "number", "boolean", "empty")
    if series.dtype == nw.Duration:
        return np.asarray(series.to_numpy(), "timedelta64[us]") / np.timedelta64(1, "s")
    if series.dtype in (nw.Object, nw.Unknown, nw.String):
        return refuse_infinite(series.name, _numbers_of_objects(series.to_numpy()))
    if series.dtype.is_float() or series.dtype.is_integer():
        return refuse_infinite(series.name, np.asarray(series.to_numpy(), np.float64))
    if not series.dtype.is_numeric() and series.dtype != nw.Boolean:
        return np.full(len(series), np.nan)
    return refuse_infinite(series.name, np.asarray(series.cast(nw.Float64).to_numpy(), np.float64))


def _numbers_of_objects(values: NDArray[Any]) -> Floats:
    import pandas as pd

    if pd.api.types.infer_dtype(values, skipna=True).startswith("timedelta"):
        return np.asarray(pd.to_timedelta(pd.Series(values)).dt.total_seconds(), np.float64)
    return np.array([np.nan if gap else float(v) for v, gap in zip(values, pd.isna(values), strict=True)])


def read_flags(series: Series) -> Floats:
    """Return 1 for true, 0 for false and NaN for gaps, ``(n,)``. Raises DataError for anything else."""
    expect(series, "boolean", "number", "empty")
    values = read_numbers(series)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise DataError(_retyped(series, "boolean"))
    return values


def read_times(series: Series, time_zone: str | None = None) -> Times:
    """Return what the clock shows, datetime64[us] ``(n,)``, gaps as NaT.

    Times that know their zone are told in `time_zone`, where given. Raises DataError for other kinds.
    """
    expect(series, "date", "empty")
    if series.dtype in (nw.Object, nw.Unknown, nw.String):
        return _times_of_objects(series, time_zone)
    if series.dtype == nw.Datetime and getattr(series.dtype, "time_zone", None):
        series = series.dt.convert_time_zone(time_zone) if time_zone else series
        series = series.dt.replace_time_zone(None)
    if series.dtype not in (nw.Datetime, nw.Date):
        return np.full(len(series), np.datetime64("NaT", "us"))
    return _as_datetime64(series.to_numpy())


def _as_datetime64(values: NDArray[Any]) -> Times:
    if values.dtype == object:  # dates that pandas keeps in arrow's form
        import pandas as pd

        values[pd.isna(values)] = None
    return values.astype("datetime64[us]")


def _times_of_objects(series: Series, time_zone: str | None) -> Times:
    import pandas as pd

    try:
        times = pd.to_datetime(pd.Series(series.to_numpy(), dtype=object))
    except (ValueError, TypeError) as error:
        raise DataError(f'Column "{series.name}" holds dates that do not go together: {error}') from None
    if times.dt.tz is not None:
        times = (times.dt.tz_convert(time_zone) if time_zone else times).dt.tz_localize(None)
    return np.asarray(times.to_numpy(), "datetime64[us]")


def time_zone_of(series: Series) -> str | None:
    """Return the name of the zone that a column's times know, if any."""
    if series.dtype == nw.Unknown and series.implementation.is_pandas():
        # narwhals 2 does not know dates of zones whose names hold an underscore, such as America/New_York.
        zone = getattr(series.to_native().dtype, "tz", None)
        return None if zone is None else str(zone)
    return getattr(series.dtype, "time_zone", None)


def read_levels(series: Series) -> tuple[NDArray[np.intp], list[str]]:
    """Return ``codes (n,)`` and the distinct levels they point to; a gap has the code of the last, `MISSING`.

    The levels are text whatever the column held, in order of appearance; 3.0 and 3 are one level.
    """
    import pandas as pd

    if kind_of(series) == "unreadable":
        raise DataError(_retyped(series, "category"))
    codes, distinct = pd.factorize(_hashable_values(series), use_na_sentinel=True)
    names = [_level(value) for value in distinct]
    return np.where(codes < 0, len(names), codes), [*names, MISSING]


def own_order(series: Series) -> list[str]:
    """Return the levels in the order that the column's type gives them; none where it gives no order."""
    if isinstance(series.dtype, nw.Enum):
        return list(map(str, series.dtype.categories))
    if series.dtype == nw.Categorical and series.implementation.is_pandas():
        return list(map(str, series.to_native().cat.categories))
    return []


def _hashable_values(series: Series) -> Any:
    if series.implementation.is_pandas():
        return series.to_native()
    # pyarrow's dictionaries lose their gaps on the way to numpy unless they are text first.
    return (series.cast(nw.String) if series.dtype in (nw.Categorical, nw.Enum) else series).to_numpy()


def _level(value: Any) -> str:
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)


def refuse_infinite(name: str, values: Floats) -> Floats:
    """Return `values`, NaN or of a size that can be squared; else raise DataError with column and count."""
    limit = values.dtype.type(min(LARGEST, float(np.finfo(values.dtype).max)))  # float32 ends before LARGEST
    count = int(((values > limit) | (values < -limit)).sum())
    if count:
        plural = "s" if count > 1 else ""
        what = f"infinite value{plural}" if np.isinf(values).any() else f"value{plural} beyond {LARGEST:g}"
        raise DataError(f'Column "{name}" holds {count:,} {what}; replace them with numbers, or with gaps (NaN).')
    return values


def expect(series: Series, *kinds: str) -> None:
    """Raise DataError unless the column is of one of `kinds`, the first of which the message names."""
    if kind_of(series) not in kinds:
        raise DataError(_retyped(series, kinds[0]))


def _retyped(series: Series, kind: str) -> str:
    found = {"unreadable": str(series.dtype)}.get(kind_of(series), _PLURAL.get(kind_of(series), "gaps"))
    advice = {
        "number": "convert it (pandas: pd.to_numeric), with gaps where there is no number",
        "boolean": "give true, false or gaps",
        "date": "convert it (pandas: pd.to_datetime)",
        "category": "give text",
    }[kind]
    return (
        f'Column "{series.name}" should hold {_PLURAL[kind]} but holds {found}, such as {_example(series)}: {advice}.'
    )


def _example(series: Series) -> str:
    values: Sequence[Any] = series.drop_nulls().head(200).to_list()
    texts = [value for value in values if isinstance(value, str)]
    shown = repr((texts or values)[0]) if len(values) else "nothing"
    return shown if len(shown) <= 40 else shown[:37] + "..."
