"""What a sample of rows does not show of a table: its gaps, and all levels of its categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from nbreg.data.categories import rare_below
from nbreg.data.frames import Frame
from nbreg.data.reading import Series, kind_of, read_levels

#: Categories of more levels than this go by the sample: nearly each row of theirs has a level of its own.
MOST_LEVELS = 20_000
#: A level that is on so many rows is rare in no table.
ENOUGH = rare_below(10**9)


class Beyond:
    """Goes through the rows beside a sample, and keeps, of the columns `names`, values that matter beside it.

    Of each level these are as many as make it no rare one, so that with the sample's own a level is rare exactly where
    it is in the whole table; of a column with gaps it is a gap.
    """

    def __init__(self, names: Sequence[str]):
        self._names = list(names)
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in names}
        self._kept: dict[str, list[Series]] = {name: [] for name in names}
        self._with_gaps: set[str] = set()

    def look_at(self, frame: Frame) -> None:
        """Take note of rows that are not in the sample."""
        for name in list(self._names):
            rows = self._of_note(frame[name])
            if len(rows):
                self._kept[name].append(frame[name][rows.tolist()])
            if len(self._counts[name]) > MOST_LEVELS:
                self._names.remove(name)
                self._kept[name] = []

    def columns(self, sample: Frame) -> Mapping[str, Series]:
        """Return the columns of the sample that have more to them, with these values behind their own."""
        import pandas as pd

        found = {}
        for name, kept in self._kept.items():
            if kept and sample[name].null_count() < len(sample):  # else there is nothing to know of the others
                values = pd.concat([sample[name].to_native(), *(each.to_native() for each in kept)], ignore_index=True)
                found[name] = nw.from_native(values, series_only=True)
        return found

    def _first_gap(self, series: Series) -> NDArray[np.intp]:
        if series.name in self._with_gaps:
            return np.zeros(0, np.intp)
        is_gap = series.is_null().to_numpy() | (np.isnan(series.to_numpy()) if series.dtype.is_float() else False)
        gaps = np.flatnonzero(is_gap)[:1]
        self._with_gaps |= {series.name} if len(gaps) else set()
        return gaps

    def _of_note(self, series: Series) -> NDArray[np.intp]:
        """Return the positions of the values to keep."""
        kind, counts = kind_of(series), self._counts[series.name]
        if kind == "unreadable":
            return np.zeros(0, np.intp)
        if kind != "category":
            return self._first_gap(series)
        codes, levels = read_levels(series)
        found = [np.zeros(0, np.intp)]
        for code, level in enumerate(levels):
            if counts[level] < ENOUGH:
                found.append(np.flatnonzero(codes == code)[: ENOUGH - counts[level]])
                counts[level] += len(found[-1])
        return np.concatenate(found)
