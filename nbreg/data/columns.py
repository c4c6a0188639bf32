"""How each column is to be read, learned on the train rows, or why it is of no use."""

from __future__ import annotations

import numpy as np

from nbreg.data.categories import CategoryColumn
from nbreg.data.dates import varying_parts
from nbreg.data.quantities import QuantityColumn
from nbreg.data.reading import Series, kind_of, read_numbers, read_times, time_zone_of

Column = QuantityColumn | CategoryColumn

CONSTANT = "constant on the train rows"
EMPTY = "empty on the train rows"
IDENTIFIER = "text that is different in nearly every row"
ALL_RARE = "text whose levels are all rare"
UNREADABLE = "neither numbers, true or false, dates nor text"


def learn_column(series: Series, embed_above: int) -> Column | str:
    """Return how to read a column, or the reason to leave it out. Raises DataError for infinite values."""
    kind = kind_of(series)
    if kind == "category":
        return _learn_category(series, embed_above)
    if kind == "date":
        return _learn_date(series)
    if kind in ("number", "boolean"):
        return _learn_quantity(series, kind)
    return EMPTY if kind == "empty" else UNREADABLE


def _learn_quantity(series: Series, kind: str) -> Column | str:
    values = read_numbers(series)
    gaps = np.isnan(values)
    if gaps.all():
        return EMPTY
    if not gaps.any() and values.min() == values.max():
        return CONSTANT
    return QuantityColumn(series.name, kind, has_gaps=bool(gaps.any()))


def _learn_date(series: Series) -> Column | str:
    zone = time_zone_of(series)
    times = read_times(series, zone)
    parts = varying_parts(times)
    if not parts:
        return CONSTANT
    return QuantityColumn(series.name, "date", parts, bool(np.isnat(times).any()), zone)


def _learn_category(series: Series, embed_above: int) -> Column | str:
    column = CategoryColumn(series.name, embed_above).fit(series)
    if column.is_identifier:
        return IDENTIFIER
    if column.is_constant:
        return ALL_RARE if column.n_distinct > 1 else CONSTANT
    return column
