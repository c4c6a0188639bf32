"""Which columns matter most, found for each fold from the rows that it learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import listed
from nbreg.regressor import Regressor
from nbreg.search.fold_table import FoldTable
from nbreg.search.fold_training import was_stopped

if TYPE_CHECKING:
    import pandas as pd

    from nbreg.training.run import Run

#: So many columns are named in words.
_NAMED = 3


class Rankings:
    """The columns of a table by importance, for each fold; found when they are asked for."""

    def __init__(self, table: FoldTable, options: Mapping[str, Any], on_run: Callable[[Run], object]):
        self._table, self._options, self._on_run = table, options, on_run
        self._found: dict[int, tuple[str, ...]] = {}

    def of_fold(self, fold: int) -> tuple[str, ...]:
        """Return the columns, the most important first. Raises NbregError where they cannot be told."""
        if fold not in self._found:
            self._found[fold] = ranked(self._table, fold, self._options, self._on_run)
        return self._found[fold]

    def words(self) -> str:
        """Return which columns came first, and in how many folds; nothing where none were looked for."""
        firsts = [names[0] for names in self._found.values()]
        if not firsts:
            return ""
        times = {name: firsts.count(name) for name in sorted(set(firsts), key=firsts.count, reverse=True)}
        told = [f"{name} (in {n} of {len(firsts)})" for name, n in list(times.items())[:_NAMED]]
        return (
            f"The most important columns are found in each fold, from the rows that it learns from. First came "
            f"{listed(told)}."
        )


def ranked(table: FoldTable, fold: int, options: Mapping[str, Any], on_run: Callable[[Run], object]) -> tuple[str, ...]:
    """Return the columns by permutation importance (Breiman 2001), the most important first.

    A network of all columns is trained on the rows that the fold learns from, and judged on its validation rows (on all
    of them, where there are none). Of several targets, importances are added up as shares. Raises NbregError, and
    KeyboardInterrupt where the training is stopped: the work that it is for is not to go on then.
    """
    from nbreg.explanation.explain import explain

    chosen = table.folds[fold]
    rows = table.frame[chosen.train]
    regressor = Regressor(**{**options, "seed": chosen.seed})
    run = regressor.take_table(rows, {"target": table.spec.target, "test_fraction": 0.0})
    on_run(run)
    regressor.train()
    if was_stopped(run, regressor.training_.stop_after):
        raise KeyboardInterrupt
    data = regressor.data_
    frame = rows[data.rows.validation] if data is not None and len(data.rows.validation) else rows
    found = explain(regressor, frame.to_native(), "permutation_importance", rows=len(frame), seed=chosen.seed)
    return tuple(map(str, _added_up(found.importance()).sort_values(ascending=False, kind="stable").index))


def _added_up(importance: pd.Series[float]) -> pd.Series[float]:
    """Return one importance for each column: of several targets the sum of the shares of each."""
    if importance.index.nlevels == 1:
        return importance
    sizes = importance.clip(lower=0)
    shares = sizes / sizes.groupby("target").transform("sum").where(lambda total: total > 0, 1.0)
    return shares.groupby("feature", sort=False).sum()
