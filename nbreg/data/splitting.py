"""Which rows train, which watch, and which are kept for the one final test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, OptionError

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RowSets:
    """Positions of rows, ascending and disjoint, each ``(n,)``; a set may be empty, but not `train`."""

    train: Rows
    validation: Rows
    test: Rows

    def __getitem__(self, which: str) -> Rows:
        """Return the set named train, validation or test."""
        if which not in ("train", "validation", "test"):
            raise OptionError(f'Rows are train, validation or test; got "{which}".')
        rows: Rows = getattr(self, which)
        return rows


def split_rows(usable: Rows, spec: DataSpec, order: NDArray[Any] | None = None) -> RowSets:
    """Part the `usable` row positions as `spec` says; the same seed gives the same rows.

    `order` (as long as `usable`) is what the split goes by: times for ``time``, codes of groups for ``group``,
    nothing for ``random``.
    Shares are of the usable rows (of the groups, for ``group``). For ``time``, validation rows are later
    than all train rows and test rows later than all validation rows; rows of one time stay together.

    Raises OptionError where the shares leave no train rows, DataError where there are too few times or groups.
    """
    check_fractions(spec)
    if order is None:
        sets = _random(len(usable), spec)
    else:
        sets = _by_time(order, spec) if spec.split == "time" else _by_group(order, spec)
    train, validation, test = (np.sort(usable[rows]) for rows in sets)
    if len(train) < 2:
        raise DataError(
            f"{len(train)} of {len(usable):,} rows would be left to train; take less for validation and test."
        )
    return RowSets(train, validation, test)


def check_fractions(spec: DataSpec) -> None:
    """Raise OptionError where validation and test would take all rows."""
    if spec.validation_fraction + spec.test_fraction >= 1:
        raise OptionError(
            f"validation_fraction and test_fraction take {spec.validation_fraction:g} and {spec.test_fraction:g} "
            "of the rows; together they must leave some to train."
        )


def _random(n_rows: int, spec: DataSpec) -> tuple[Rows, Rows, Rows]:
    from sklearn.model_selection import train_test_split

    n_test, n_validation = share_of(n_rows, spec.test_fraction), share_of(n_rows, spec.validation_fraction)
    check_some_left(n_rows, n_validation + n_test, "rows")
    rest: Rows = np.arange(n_rows)
    sets = []
    for count in (n_test, n_validation):
        rest, taken = train_test_split(rest, test_size=count, random_state=spec.seed) if count else (rest, rest[:0])
        sets.append(taken)
    return rest, sets[1], sets[0]


def _by_time(times: NDArray[Any], spec: DataSpec) -> tuple[Rows, Rows, Rows]:
    order = np.argsort(times, kind="stable")
    in_order = times[order]
    n_rows = len(times)
    test_from = _before_ties(in_order, n_rows - share_of(n_rows, spec.test_fraction))
    validation_from = _before_ties(in_order, test_from - share_of(n_rows, spec.validation_fraction))
    if validation_from < 1:
        raise DataError(
            f'Column "{spec.time}" has {len(np.unique(times)):,} different times, too few to part the rows by; '
            "rows of one time stay together."
        )
    return order[:validation_from], order[validation_from:test_from], order[test_from:]


def _before_ties(in_order: NDArray[Any], cut: int) -> int:
    """Move a cut to the first of the rows that share the time at it."""
    if not 0 < cut < len(in_order):
        return cut
    return int(np.searchsorted(in_order, in_order[cut], side="left"))


def _by_group(groups: NDArray[Any], spec: DataSpec) -> tuple[Rows, Rows, Rows]:
    from sklearn.model_selection import GroupShuffleSplit

    n_groups = len(np.unique(groups))
    n_test, n_validation = share_of(n_groups, spec.test_fraction), share_of(n_groups, spec.validation_fraction)
    check_some_left(n_groups, n_validation + n_test, f'groups in column "{spec.group}"')
    rest: Rows = np.arange(len(groups))
    sets = []
    for count in (n_test, n_validation):
        taken = rest[:0]
        if count:
            splitter = GroupShuffleSplit(n_splits=1, test_size=count, random_state=spec.seed)
            kept, out = next(splitter.split(rest, groups=groups[rest]))
            rest, taken = rest[kept], rest[out]
        sets.append(taken)
    return rest, sets[1], sets[0]


def share_of(n: int, fraction: float) -> int:
    """Return how many of `n` a fraction is: at least one, unless it is zero."""
    return max(1, round(fraction * n)) if fraction else 0


def check_some_left(n: int, taken: int, what: str) -> None:
    """Raise DataError where validation and test take all of `n` rows or groups."""
    if taken >= n:
        raise DataError(f"There are {n:,} {what}: too few for train, validation and test.")
