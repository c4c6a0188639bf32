"""Rows with new values, quickly: a few rows stand for all that were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np

from nbreg.data.frames import Frame
from nbreg.data.reading import Series, kind_of, read_levels, read_numbers, read_times
from nbreg.explanation.changes import Seen, with_changes


class Changing:
    """Puts new values into single rows of a table, and says which of them are unlike all that were seen.

    It gives what `with_changes` gives for the whole tables, and looks at those of their rows only that hold a
    column's ends or one of its levels: a slider cannot wait for a million rows.
    """

    def __init__(self, table: Frame, features: Sequence[str], seen: Seen):
        self._table = table.select(*features)
        self._lenders = representatives(self._table)
        self._seen = Seen(representatives(seen.frame.select(*features)), seen.words)
        self._lent: tuple[tuple[int, tuple[str, ...]], Frame] | None = None

    def own(self, row: int) -> Frame:
        """Return a row as it is, a table of one."""
        return self._table[[row]]

    def changed(self, row: int, changes: Mapping[str, Any]) -> tuple[Frame, tuple[str, ...]]:
        """Return the columns that changes, at least one, give a row, and sentences about values unlike those seen.

        Raises OptionError for a value of the wrong kind.
        """
        names = tuple(changes)
        pair, said = with_changes(self._lenders_for(row, names), 0, changes, self._seen)
        return pair[[1]], said

    def _lenders_for(self, row: int, names: tuple[str, ...]) -> Frame:
        """Return a row and those that lend it values of the table's own types, the same ones while a slider moves."""
        key = row, names
        if self._lent is None or self._lent[0] != key:
            one, others = (frame.select(*names) for frame in (self.own(row), self._lenders))
            self._lent = key, nw.concat([one, others], how="vertical")
        return self._lent[1]


def representatives(table: Frame) -> Frame:
    """Return those rows that hold a column's least or largest value, the first of a level, or the first gap."""
    rows = {0}
    for name in table.columns:
        rows.update(_telling_rows(table[name]))
    return table[sorted(rows)]


def _telling_rows(series: Series) -> list[int]:
    kind = kind_of(series)
    if kind in ("empty", "unreadable"):
        return []
    if kind == "category":
        return np.unique(read_levels(series)[0], return_index=True)[1].tolist()
    values = read_times(series) if kind == "date" else read_numbers(series)
    is_gap = np.isnat(values) if kind == "date" else np.isnan(values)
    known = np.flatnonzero(~is_gap)
    ends = [int(known[values[known].argmin()]), int(known[values[known].argmax()])] if len(known) else []
    return [*ends, *np.flatnonzero(is_gap)[:1].tolist()]
