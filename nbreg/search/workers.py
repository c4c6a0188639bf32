"""Who does the trainings of a cross-validation, a study or a search: this process, or others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbreg.search.course import Course
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome
from nbreg.search.threads import one_blas_thread
from nbreg.search.warned import overheard
from nbreg.training.run import Run


@dataclass(frozen=True, eq=False)
class Fit:
    """One training to be done: its options, those of a Regressor, and the fold that it is judged on.

    `key` is the asker's own, to know it again. `refits` is how many are alike, and `n_train` how many of the fold's
    train rows are learned from (`FoldTable.outcome`). `watch`, where there is one, is given the run before it begins,
    in the process that trains: for other processes it must pickle.
    """

    key: Any
    options: Mapping[str, Any]
    fold: int
    refits: int = 1
    watch: Callable[[Run], object] | None = None
    n_train: int | None = None


class Workers(ABC):
    """Has fits done. What comes of a fit does not depend on who does it, nor on what was done before: bit by bit."""

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences that the user should read about who does the work."""
        return ()

    @abstractmethod
    def outcomes(self, table: FoldTable, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
        """Yield what came of each fit, in whatever order, as soon as it is there.

        `fits` is asked for the next one only when somebody is free to do it, after what is known has been yielded: so
        it may go by outcomes. None from it means: nothing more before the next outcome; then it is asked again. Where
        `course` wants to stop, or Ctrl-C was pressed, no more are begun, and those under way are left out.
        """


def done(table: FoldTable, fit: Fit, on_run: Callable[[Run], object]) -> Outcome | None:
    """Do a fit in this process, and return what came of it; None: it was stopped. `on_run` is given the run first."""

    def begin(run: Run) -> None:
        on_run(run)
        if fit.watch is not None:
            fit.watch(run)

    with one_blas_thread():
        return table.outcome(fit.options, fit.fold, refits=fit.refits, n_train=fit.n_train, on_run=begin)


def done_elsewhere(table: FoldTable, fit: Fit, on_run: Callable[[Run], object]) -> Outcome | None:
    """Do a fit in a process that is not the asker's: `done`, with the warnings for the asker in its outcome."""
    with overheard() as heard:
        outcome = done(table, fit, on_run)
    return outcome and replace(outcome, warned=tuple(dict.fromkeys(heard)))


class Here(Workers):
    """This process, one fit after the other."""

    def outcomes(self, table: FoldTable, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
        for fit in fits:
            if fit is None:
                continue  # all outcomes are known here
            outcome = None if course.stop_wanted else self._outcome(table, fit, course)
            if outcome is None:
                return
            yield fit, outcome

    def _outcome(self, table: FoldTable, fit: Fit, course: Course) -> Outcome | None:
        try:
            outcome = done(table, fit, course.follow)
        except KeyboardInterrupt:
            outcome = None
        if outcome is None:
            course.request_stop()
        return outcome
