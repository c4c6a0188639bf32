"""A table in folds: what all trainings of a cross-validation, a study or a search have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Self

import narwhals as nw
import numpy as np

from nbreg.data.dataset import observed_targets, targets_of, usable_rows
from nbreg.data.frames import Frame
from nbreg.data.spec import DataSpec
from nbreg.data.splitting import Rows
from nbreg.errors import NbregError
from nbreg.evaluation.baselines import baseline_predictors
from nbreg.evaluation.evaluation import evaluate
from nbreg.regressor import Regressor
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_training import FoldTraining
from nbreg.search.folds import Fold, folds_of, some_of
from nbreg.search.outcome import Outcome
from nbreg.training.run import Run


@dataclass(frozen=True, eq=False)
class FoldTable:
    """A table, and how its rows are folded.

    `spec` names targets and split, and has the seed of the first repeat; trainings may have other choices about data
    beside these. Of what is pickled, only the table is large: folds are found again from the choices. `rows` are the
    positions that are folded at all, such as the train rows of a fit; None: all that have a target. `with_baselines`:
    outcomes have the evaluations of simpler models beside the network's.
    """

    table: Any  # a frame of the caller's own kind
    spec: DataSpec
    choices: FoldSpec
    rows: Rows | None = None
    with_baselines: bool = False
    #: Whether rows are windows of series (`WindowTable`); what is trained.
    of_windows: ClassVar[bool] = False
    estimator: ClassVar[type[Regressor]] = Regressor

    @classmethod
    def of(cls, frame: Frame, spec: DataSpec, choices: FoldSpec, **more: Any) -> FoldTable:
        """Return a table in folds, `more` as its fields. Raises DataError and OptionError where they cannot be had."""
        made = cls(frame.to_native(), spec, choices, **more)
        assert made.folds  # found now, so that what is wrong with them is said before anything is trained
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def frame(self) -> Frame:
        return nw.from_native(self.table, eager_only=True)

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The folds of all repeats, one repeat after the other."""
        usable, order, _ = self._usable
        return folds_of(usable, self.spec, self.choices, order)

    @cached_property
    def n_alike(self) -> int | None:
        """How many rows all folds can learn from alike where some have one more, which is worth a compilation less.

        None: the folds have equally many, or differ by more.
        """
        counts = [len(fold.train) for fold in self.folds]
        return min(counts) if max(counts) - min(counts) == 1 else None

    @cached_property
    def most_inputs(self) -> int:
        """How many inputs a network has at most, whatever features are chosen and however they are encoded."""
        return sum(_most_inputs(self.frame[name]) for name in self.frame.columns)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about rows that are left out."""
        return tuple(self._usable[2])

    @cached_property
    def _usable(self) -> tuple[Rows, Any, list[str]]:
        usable, order, notices = usable_rows(self.frame, targets_of(self.frame, self.spec)[0], self.spec)
        if self.rows is not None:
            kept = np.isin(usable, self.rows)
            usable, order = usable[kept], None if order is None else order[kept]
        return usable, order, notices

    def words(self) -> str:
        """Return how rows are folded, without a full stop."""
        choices = self.choices
        folds = "a share of the rows held out" if choices.folds == 1 else f"{choices.folds} folds"
        return folds + ("" if choices.repeats == 1 else f", {choices.repeats} times with other rows and first weights")

    def comparing(self, trainings: Sequence[tuple[Mapping[str, Any], int | None]]) -> Self:
        """Return the table for comparing such trainings, by options and `n_train`: all are judged by the same rows.

        Raises OptionError for options that do not fit.
        """
        return self

    def has_room_for(self, n: int, options: Mapping[str, Any]) -> bool:
        """Return whether `n` rows are enough to learn from, as far as that is known before."""
        return True

    def train_rows(self, fold: int, n: int) -> Rows:
        """Return `n` of the rows that a fold learns from (`some_of`), or all where there are fewer."""
        usable, order, _ = self._usable
        train = self.folds[fold].train
        kept = None if order is None else order[np.isin(usable, train)]
        return some_of(train, n, self.spec, self.folds[fold].seed, kept)

    def outcome(
        self,
        options: Mapping[str, Any],
        fold: int,
        *,
        refits: int = 1,
        n_train: int | None = None,
        on_run: Callable[[Run], object] = lambda _: None,
    ) -> Outcome | None:
        """Train with `options`, those of a Regressor, on one fold, and judge on what it holds out.

        A failure is an outcome that says why. None: the training was stopped from without, and not given up by its
        watch (`Run.give_up`). `refits` is how often the
        like is going to be trained: compiling pays sooner (`TrainingSpec.refits`). With `n_train` only so many of the
        fold's train rows are learned from (`train_rows`). `on_run` is given the run before it begins.
        """
        began = time.perf_counter()
        try:
            return self._outcome(options, fold, n_train, FoldTraining(refits, on_run, began))
        except Exception as error:  # a defect among them: the others are not to suffer
            line = str(error) if isinstance(error, NbregError) else f"{type(error).__name__}: {error}"
            return Outcome(time.perf_counter() - began, error=" ".join(line.split()))

    def _outcome(
        self, options: Mapping[str, Any], fold: int, n_train: int | None, training: FoldTraining
    ) -> Outcome | None:
        at = self.folds[fold]
        train = at.train if n_train is None else self.train_rows(fold, n_train)
        regressor = self.estimator(**{**options, "seed": at.seed})
        regressor.take_table(self.frame[train], {"target": self.spec.target, "test_fraction": 0.0})
        counts = {"n_train": len(train), "n_test": len(at.test)}
        return training.outcome(regressor, counts, lambda: self._judged(regressor, self.frame[at.test]))

    def _judged(self, regressor: Regressor, held_out: Frame) -> dict[str, Any]:
        """Return what is predicted for the rows held out, and how good that is, also of simpler models."""
        inputs, observed = regressor.encoder_inputs(held_out), observed_targets(held_out, self.spec.target)
        names, means = self.spec.target, regressor.target_scaler_.train_mean_
        predicted = regressor.predict_inputs(inputs)
        others = baseline_predictors(regressor.data_) if self.with_baselines else {}
        return {
            "predicted": predicted,
            "evaluation": evaluate(observed, predicted, names, means),
            "baselines": {name: evaluate(observed, of(inputs), names, means) for name, of in others.items()},
        }


def _most_inputs(column: nw.Series[Any]) -> int:
    """Return how many inputs a column becomes at most: one for each level, or a number's, and that it is missing."""
    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        return 2
    try:
        return int(column.n_unique()) + 1
    except TypeError:  # values such as lists, which no feature has
        return len(column)
