"""Which rows are learned from, and which are held out, in each fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows, split_rows
from nbreg.errors import DataError
from nbreg.search.fold_spec import FoldSpec


@dataclass(frozen=True, eq=False)
class Fold:
    """One part of the rows held out: `train` and `test` are positions in the table, ascending.

    `repeat` and `number` count from 0; `seed` is that of the repeat: of its folds, first weights and orders of rows.
    """

    repeat: int
    number: int
    seed: int
    train: Rows
    test: Rows


def folds_of(usable: Rows, spec: DataSpec, choices: FoldSpec, order: NDArray[Any] | None = None) -> tuple[Fold, ...]:
    """Return the folds of all repeats, those of a repeat after another; the same seed gives the same.

    At random as scikit-learn's KFold with shuffling, whole groups as its GroupKFold with shuffling; by time as its
    TimeSeriesSplit on the different times, so that what is held out is later than all that is learned from. Repeats
    count the seed up; by time they differ in the network's seed only. A single fold holds out the test rows that a fit
    with that seed would. `usable` are positions of rows, `order` (as long) is what the split goes by.

    Raises DataError where there are fewer rows, groups or times than folds.
    """
    return tuple(_folds(usable, spec, choices, order))


def _folds(usable: Rows, spec: DataSpec, choices: FoldSpec, order: NDArray[Any] | None) -> Iterator[Fold]:
    n_seeds = DataSpec.options()["seed"].kind.maximum + 1  # type: ignore[attr-defined]  # it is an Integer
    for repeat in range(choices.repeats):
        seed = (spec.seed + repeat) % n_seeds
        parts = _one(usable, spec, seed, order) if choices.folds == 1 else _parts(usable, spec, choices, seed, order)
        for number, (train, test) in enumerate(parts):
            yield Fold(repeat, number, seed, np.sort(train), np.sort(test))


def _one(usable: Rows, spec: DataSpec, seed: int, order: NDArray[Any] | None) -> list[tuple[Rows, Rows]]:
    rows = split_rows(usable, replace(spec, seed=seed, validation_fraction=0.0), order)
    if not len(rows.test):
        raise DataError("With one fold a share of the rows is held out, and test_fraction is 0 (--test-fraction).")
    return [(rows.train, rows.test)]


def _parts(
    usable: Rows, spec: DataSpec, choices: FoldSpec, seed: int, order: NDArray[Any] | None
) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

    n_folds = choices.folds
    if spec.split == "time" and order is not None:
        times, of_row = np.unique(order, return_inverse=True)
        _check_enough(len(times) - 1, n_folds, f'times in column "{spec.time}" after the first')
        parts = TimeSeriesSplit(n_folds).split(times)
        return [(usable[np.isin(of_row, train)], usable[np.isin(of_row, test)]) for train, test in parts]
    if spec.split == "group" and order is not None:
        _check_enough(len(np.unique(order)), n_folds, f'groups in column "{spec.group}"')
        folder = GroupKFold(n_folds, shuffle=True, random_state=seed)
        return [(usable[train], usable[test]) for train, test in folder.split(usable, groups=order)]
    _check_enough(len(usable), n_folds, "rows")
    return [(usable[a], usable[b]) for a, b in KFold(n_folds, shuffle=True, random_state=seed).split(usable)]


def _check_enough(n: int, n_folds: int, what: str) -> None:
    if n < n_folds:
        raise DataError(f"{n_folds} folds take as many {what}; there are {n:,}. Take fewer folds (--folds).")


def some_of(train: Rows, n: int, spec: DataSpec, seed: int, order: NDArray[Any] | None = None) -> Rows:
    """Return `n` of a fold's train rows, ascending; those of a smaller number are among those of a larger one.

    They are drawn at random by `seed`; where `order` ``(n_train,)`` has groups, these are drawn, and rows taken from
    one after the other; where it has times, the latest are taken.
    """
    rng = np.random.default_rng(seed)
    if order is not None and spec.split == "time":
        drawn = np.argsort(order, kind="stable")[::-1]
    elif order is not None:
        _, of_row = np.unique(order, return_inverse=True)
        drawn = np.argsort(rng.permutation(of_row.max() + 1)[of_row], kind="stable")
    else:
        drawn = rng.permutation(len(train))
    return np.sort(train[drawn[:n]])
