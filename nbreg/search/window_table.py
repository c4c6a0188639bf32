"""Series in folds: what is forecast walks forward, and what is learned from lies before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows
from nbreg.data.windows.spec import WindowSpec
from nbreg.data.windows.windowing import WindowData
from nbreg.evaluation.evaluation import evaluate_rows
from nbreg.evaluation.wording import count
from nbreg.forecasting.forecaster import Forecaster
from nbreg.search.fold_table import FoldTable
from nbreg.search.fold_training import FoldTraining
from nbreg.search.folds import Fold
from nbreg.search.outcome import Outcome
from nbreg.search.window_cuts import Cut, WindowCuts


@dataclass(frozen=True, eq=False)
class WindowTable(FoldTable):
    """A table of series, each row of a fold a window.

    The latest rows, ``test_fraction`` of the table, are parted into as many stretches as there are folds, as a backtest
    does. What forecasts a stretch knows no later rows, and learns from as many steps before it as there are before the
    first one, the latest of them as validation rows. A fold's `train` and `test` are the positions of the rows before
    and in the stretch. Each fold of each repeat has a seed of its own, counted up from the first one's.

    `windows` are the choices that the folds go by; trainings may have others, all of them in `compared` then. There are
    no baselines, and outcomes are without predictions.
    """

    windows: WindowSpec = field(default_factory=WindowSpec)
    compared: tuple[Cut, ...] = ()
    of_windows: ClassVar[bool] = True
    estimator: ClassVar[type[Forecaster]] = Forecaster

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        return tuple(self._folds())

    @property
    def n_alike(self) -> int | None:
        """None: the windows of all folds are cut alike already (`comparing`)."""
        return None

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about columns, rows and windows that are left out."""
        return self._cuts.layout.notices

    def words(self) -> str:
        ahead = self._cuts.layout.grid.clock.span(self.windows.horizon)
        n = self.choices.folds
        stretches = "one stretch of the latest rows" if n == 1 else f"{count(n)} stretches of the latest rows"
        again = "" if self.choices.repeats == 1 else f", {self.choices.repeats} times with other first weights"
        return f"{stretches}, forecast {ahead} ahead, each from as many rows before it{again}"

    def comparing(self, trainings: Sequence[tuple[Mapping[str, Any], int | None]]) -> Self:
        """Return the table for comparing such trainings: judged are the windows that all of them can forecast."""
        cuts = (Cut.of(self.estimator(**options), n_train) for options, n_train in trainings)
        return replace(self, compared=tuple(dict.fromkeys(cuts)))

    def has_room_for(self, n: int, options: Mapping[str, Any]) -> bool:
        cut = Cut.of(self.estimator(**options), n)
        return all(self._cuts.sets(fold, cut) is not None for fold in range(self.choices.folds))

    def train_rows(self, fold: int, n: int) -> Rows:
        """Return the latest `n` of the rows before a fold's stretch, and those of the same step as the first."""
        return self._cuts.train_rows(self.folds[fold].number, n)

    @cached_property
    def _cuts(self) -> WindowCuts:
        return WindowCuts(self.frame, self.spec, self.windows, self.choices.folds)

    @cached_property
    def _last(self) -> dict[tuple[int, Cut, int], WindowData]:
        """The windows that were prepared last, if any."""
        return {}

    def _folds(self) -> Iterator[Fold]:
        n_seeds = DataSpec.options()["seed"].kind.maximum + 1  # type: ignore[attr-defined]  # it is an Integer
        for place in range(self.choices.repeats * self.choices.folds):
            repeat, number = divmod(place, self.choices.folds)
            train, test = self._cuts.train_rows(number), self._cuts.test_rows(number)
            yield Fold(repeat, number, (self.spec.seed + place) % n_seeds, train, test)

    def _outcome(
        self, options: Mapping[str, Any], fold: int, n_train: int | None, training: FoldTraining
    ) -> Outcome | None:
        at = self.folds[fold]
        forecaster = self.estimator(**{**options, "seed": at.seed})
        data = self._prepared(at, Cut.of(forecaster, n_train))
        forecaster.take_windows(data)
        counts = {"n_train": data.n_rows("train") + data.n_rows("validation"), "n_test": data.n_rows("test")}

        def judged() -> dict[str, Any]:
            return {"evaluation": evaluate_rows(data, "test", forecaster.predict_inputs(data.arrays("test")[0]))}

        return training.outcome(forecaster, counts, judged)

    def _prepared(self, fold: Fold, cut: Cut) -> WindowData:
        """Return the windows of a fold; those of the last call are kept, for all values go through a fold in turn."""
        key = fold.number, cut, fold.seed
        data = self._last.get(key)
        if data is None:
            data = self._cuts.prepared(fold.number, fold.seed, cut, self.compared)
            self._last.clear()
            self._last[key] = data
        return data
