"""How series are cut into the windows of each fold: which to learn from, and which to be judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Self

from nbreg.data.frames import Frame
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows
from nbreg.data.windows.parting import Borders
from nbreg.data.windows.spec import WindowSpec
from nbreg.data.windows.windowing import Layout, WindowData, lay_out, prepare_windows
from nbreg.errors import DataError
from nbreg.forecasting.forecaster import Forecaster
from nbreg.forecasting.stretches import Stretches
from nbreg.search.window_borders import FoldBorders, Key, keys_of

#: Folds whose windows are fewer than in the largest by no more than this share all take as many as the smallest: then
#: what is compiled for one serves the others.
_SET_ASIDE = 0.1


class Cut(NamedTuple):
    """How windows are cut: the choices about the table and about windows, and how many rows are learned from."""

    spec: DataSpec
    windows: WindowSpec
    n_train: int | None = None

    @classmethod
    def of(cls, forecaster: Forecaster, n_train: int | None = None) -> Self:
        """Return how a forecaster's windows are cut, whatever its seed."""
        spec, windows = forecaster.window_choices()
        return cls(replace(spec, seed=0), windows, n_train)


class Sets(NamedTuple):
    """How many windows of a fold train and watch, and those that could be judged."""

    n_train: int
    n_validation: int
    test: frozenset[Key]


@dataclass(frozen=True, eq=False)
class WindowCuts:
    """The series of a table, and the stretches of them that are forecast, as many as there are folds."""

    frame: Frame
    spec: DataSpec
    windows: WindowSpec
    n_folds: int
    _found: dict[tuple[int, Cut], Sets | None] = field(default_factory=dict)

    @cached_property
    def layout(self) -> Layout:
        """The windows of the whole table. Raises DataError and OptionError."""
        return lay_out(self.frame, self.spec, self.windows)

    @cached_property
    def stretches(self) -> Stretches:
        """What is forecast in each fold. Raises DataError and OptionError."""
        horizon = self.windows.horizon
        return Stretches.of(self.frame, self.layout.grid, self.spec, horizon, self.n_folds, what="folds")

    def train_rows(self, fold: int, n: int | None = None) -> Rows:
        """Return the rows that a fold's forecast learns from, as many steps in each fold.

        With `n` it is the latest `n`, and those of the same step as the first of them.
        """
        return self.stretches.rows_between(self._begin(fold, n), self.stretches.ends[fold])

    def test_rows(self, fold: int) -> Rows:
        """Return the rows of a fold's stretch."""
        return self.stretches.rows_between(*self.stretches.ends[fold : fold + 2])

    def prepared(self, fold: int, seed: int, cut: Cut, compared: Iterable[Cut]) -> WindowData:
        """Return the windows of a fold, those judged that all cuts which this one is `compared` with have, too.

        No later rows than the stretch's are looked at. Raises DataError and OptionError.
        """
        limits = self._limits(fold, cut)
        borders = FoldBorders(limits.validation, limits.test, *self._counts(cut), self._judged(fold, cut, compared))
        return prepare_windows(self._rows(fold, cut), replace(cut.spec, seed=seed), cut.windows, borders)

    def sets(self, fold: int, cut: Cut) -> Sets | None:
        """Return what a fold has of windows cut so; None where there are none: training with them says why."""
        if (fold, cut) not in self._found:
            try:
                laid = lay_out(self._rows(fold, cut), cut.spec, cut.windows, self._limits(fold, cut))
            except DataError:
                self._found[fold, cut] = None
            else:
                test = frozenset(keys_of(laid.grid, laid.origins[laid.rows.test]))
                self._found[fold, cut] = Sets(len(laid.rows.train), len(laid.rows.validation), test)
        return self._found[fold, cut]

    def _begin(self, fold: int, n_train: int | None) -> float:
        """Return the first moment that a fold's forecast knows of."""
        stretches = self.stretches
        if n_train is None:
            return stretches.earliest(fold)
        before = stretches.moments[stretches.moments < stretches.ends[fold]]
        return float(before[max(len(before) - n_train, 0)])

    def _rows(self, fold: int, cut: Cut) -> Frame:
        """Return the rows that a fold's forecast knows of, and those that it is judged by."""
        return self.frame[self.stretches.rows_between(self._begin(fold, cut.n_train), self.stretches.ends[fold + 1])]

    def _limits(self, fold: int, cut: Cut) -> Borders:
        return self.stretches.limits(fold, cut.spec, self._begin(fold, cut.n_train))

    def _counts(self, cut: Cut) -> tuple[int | None, int | None]:
        """Return how many train and validation windows each fold takes; None: all of them, as folds differ by many."""
        found = [each for fold in range(self.n_folds) if (each := self.sets(fold, cut)) is not None]
        return _smallest([each.n_train for each in found]), _smallest([each.n_validation for each in found])

    def _judged(self, fold: int, cut: Cut, compared: Iterable[Cut]) -> frozenset[Key] | None:
        found = [self.sets(fold, each) for each in (cut, *compared)]
        return frozenset.intersection(*(each.test for each in found if each is not None)) if found[0] else None


def _smallest(counts: list[int]) -> int | None:
    return min(counts) if counts and min(counts) >= (1 - _SET_ASIDE) * max(counts) else None
