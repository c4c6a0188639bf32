"""What a study is on: rows of a table, or windows of its series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbreg.data.frames import Frame
from nbreg.data.spec import DataSpec
from nbreg.data.windows.spec import WindowSpec
from nbreg.search.factor import Factor
from nbreg.search.fold_table import FoldTable
from nbreg.search.study_spec import StudySpec
from nbreg.search.window_options import WindowStudySpec, asks_for_windows, check_on_windows
from nbreg.search.window_table import WindowTable


def table_of(frame: Frame, choices: Mapping[str, Any], factors: Sequence[Factor]) -> FoldTable:
    """Return the table in folds that a study with these choices is on. Raises DataError and OptionError."""
    names = [factor.name for factor in factors]
    if not asks_for_windows(choices, names):
        return FoldTable.of(frame, DataSpec.of(choices), StudySpec.of(choices))
    check_on_windows(choices, names)
    windows = WindowSpec.of({name: value for name, value in choices.items() if value is not None})
    if "window" in names:
        windows = replace(windows, window=1)  # the folds are those of every window
    return WindowTable.of(frame, DataSpec.of(choices), WindowStudySpec.of(choices), windows=windows)


def network_options(table: FoldTable, choices: Mapping[str, Any], factors: Sequence[Factor]) -> dict[str, Any]:
    """Return those of a study's choices that its trainings have, with what the factors fix unless it is given."""
    fixed = {name: value for each in reversed(factors) for name, value in _usual(each, table).items()}
    known = table.estimator.options()
    given = {name: value for name, value in choices.items() if name in known and (value, name) != (None, "window")}
    return {**fixed, **given}


def notices_on(table: FoldTable, choices: Mapping[str, Any], factors: Sequence[Factor]) -> tuple[str, ...]:
    """Return a sentence where networks are trained by themselves in a study, unlike elsewhere; else nothing."""
    is_alone = any("skip" in _usual(factor, table) for factor in factors)
    if not is_alone or "skip" in (*choices, *(factor.name for factor in factors)):
        return ()
    return ("Networks are trained by themselves; --skip auto sets the models of a forecast beside them.",)


def _usual(factor: Factor, table: FoldTable) -> dict[str, Any]:
    return factor.usual_beside(on_windows=table.of_windows)


def applied(
    factors: Sequence[Factor], values: Sequence[Any], options: Mapping[str, Any]
) -> tuple[dict[str, Any], int | None]:
    """Return the options of a training with a value of each factor, and how many rows it learns from; None: all."""
    chosen, n_train = dict(options), None
    for factor, value in zip(factors, values, strict=True):
        chosen = factor.applied(value, chosen)
        n_train = factor.n_train(value) or n_train
    return chosen, n_train
