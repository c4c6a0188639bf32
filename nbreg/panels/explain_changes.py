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

    def row(self, row: int, changes: Mapping[str, Any]) -> tuple[Frame, tuple[str, ...]]:
        """Return a table of one row with the changes, and sentences about values unlike those seen.

        Raises OptionError for a value of the wrong kind.
        """
        one = self._table[[row]]
        if not changes:
            return one, ()
        names = list(changes)
        # Values of the table's own types come from rows that have them.
        lenders = nw.concat([one.select(*names), self._lenders.select(*names)], how="vertical")
        pair, said = with_changes(lenders, 0, changes, self._seen)
        new = pair[[1]]
        return one.with_columns(*(new[name] for name in names)), said


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
