"""Which rows of a table on disk train, watch and test: found by reading its targets alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import check_enough, dropped_notice, moments, observed_targets
from nbreg.data.frames import Frame
from nbreg.data.reading import MISSING, Floats, Series, read_levels
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import RowSets, check_fractions, check_some_left, share_of, split_rows
from nbreg.data.streaming.stored import StoredTable
from nbreg.data.target_limits import make_target_scaler

#: What a row is for, as one byte.
SETS = ("train", "validation", "test")
UNUSED = 255

#: A number for each row to split by; the codes of groups are put into it, too.
Split = Callable[[Series], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Parts:
    """What each row of a table is for: `of_row`, ``(n_rows,)``, has its position in `SETS`, or `UNUSED`.

    `notices` are sentences about rows that are left out.
    """

    stored: StoredTable
    of_row: NDArray[np.uint8]
    notices: tuple[str, ...]

    def sizes(self, which: str) -> tuple[int, ...]:
        """Return how many rows of each row group are for `which`."""
        is_for = self.of_row == SETS.index(which)
        ends = [group.start + group.n_rows for group in self.stored.groups]
        return tuple(
            int(np.count_nonzero(is_for[group.start : end]))
            for group, end in zip(self.stored.groups, ends, strict=True)
        )

    def positions(self, which: str, start: int, n_rows: int) -> NDArray[np.intp]:
        """Return which of the `n_rows` rows from row `start` on are for `which`, counted from that row."""
        return np.flatnonzero(self.of_row[start : start + n_rows] == SETS.index(which))


def part_rows(stored: StoredTable, spec: DataSpec, names: Sequence[str]) -> Parts:
    """Part the rows as `split_rows` would part those of the same table in memory: the sets are the same.

    Of the table, the targets `names` are read, and the column of times or groups to split by. A row takes a byte, and
    while it is parted eight more; where the split goes by times or groups, about forty.

    Raises DataError and OptionError as `prepare` does for a table in memory.
    """
    check_fractions(spec)
    column, split = _split_of(spec)
    usable, order = _read(stored, spec, names, column, split)
    notices = dropped_notice(~usable, "the target is missing")
    check_enough(usable, notices)
    if spec.split == "time":
        timeless = usable & np.isnan(order)
        usable &= ~timeless
        notices += dropped_notice(timeless, f'"{column}" is missing')
        check_enough(usable, notices)
    of_row = np.full(stored.n_rows, UNUSED, np.uint8)
    if column is None:
        of_row[usable] = random_sets(int(usable.sum()), spec)
    else:
        rows = np.flatnonzero(usable)
        _mark(of_row, split_rows(rows, spec, order[rows]))
    return Parts(stored, of_row, tuple(notices))


def random_sets(n_rows: int, spec: DataSpec) -> NDArray[np.uint8]:
    """Return the set of each of `n_rows` rows, those that `split_rows` finds at random, with eight bytes a row.

    scikit-learn's ``train_test_split`` takes the first rows of a permutation; the same is drawn here in 32 bits.
    """
    n_test, n_validation = (share_of(n_rows, each) for each in (spec.test_fraction, spec.validation_fraction))
    check_some_left(n_rows, n_validation + n_test, "rows")
    sets = np.zeros(n_rows, np.uint8)
    rest = np.arange(n_rows, dtype=np.int32)
    for count, which in ((n_test, "test"), (n_validation, "validation")):
        if count:
            drawn = np.arange(len(rest), dtype=np.int32)
            np.random.RandomState(spec.seed).shuffle(drawn)
            sets[rest[drawn[:count]]] = SETS.index(which)
            rest = rest[drawn[count:]]
    return sets


def _mark(of_row: NDArray[np.uint8], rows: RowSets) -> None:
    for code, which in enumerate(SETS):
        of_row[rows[which]] = code


def _read(
    stored: StoredTable, spec: DataSpec, names: Sequence[str], column: str | None, split: Split
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which rows have all targets, and what the split goes by."""
    usable = np.zeros(stored.n_rows, np.bool_)
    order = np.zeros(stored.n_rows if column else 0)
    for start, frame in _frames(stored, [*names, *([column] if column else [])]):
        rows = slice(start, start + len(frame))
        targets = observed_targets(frame, names)
        usable[rows] = ~np.isnan(targets).any(axis=1)
        if usable[rows].any():
            make_target_scaler(spec, targets[usable[rows]], tuple(names))  # which looks for bounds that are broken
        if column:
            order[rows] = split(frame[column])
    return usable, order


def _frames(stored: StoredTable, columns: Sequence[str]) -> Iterator[tuple[int, Frame]]:
    for piece in stored.pieces(range(len(stored.groups)), list(dict.fromkeys(columns))):
        frame = piece.frame()
        if frame is not None:
            yield piece.start, frame


def _split_of(spec: DataSpec) -> tuple[str | None, Split]:
    if spec.split == "time":
        return spec.time, moments
    return (spec.group, _Groups()) if spec.split == "group" else (None, moments)


class _Groups:
    """Numbers for groups, in the order of their appearance; rows without one are the last group, as in memory."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, series: Series) -> Floats:
        codes, levels = read_levels(series)
        numbers = [self._numbers.setdefault(level, len(self._numbers)) for level in levels[:-1]]
        missing = float(self._numbers.get(MISSING, np.iinfo(np.int32).max))
        return np.array([*map(float, numbers), missing])[codes]
