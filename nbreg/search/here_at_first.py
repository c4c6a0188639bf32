"""One fit after the other in this process, until too much memory has gone into compiled programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from nbreg.search.course import Course
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome
from nbreg.search.processes import Processes
from nbreg.search.worker_process import memory
from nbreg.search.workers import Fit, Here, Workers
from nbreg.training.trainers import clear_trainers

#: The process may grow by so many bytes; XLA's programs take some 12 MB each, and TensorFlow keeps them for good.
MOST_GROWTH = 2**30


class HereAtFirst(Workers):
    """This process; once it has grown by much, a worker process, which is replaced before it grows by much itself.

    Only searches through many networks come so far. Layers of the user's own need not pickle, so they stay here.
    """

    def outcomes(self, table: FoldTable, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
        supply = _Supply(fits)
        yield from Here().outcomes(table, supply.for_here(), course)
        if supply.is_left and not course.stop_wanted:
            clear_trainers()
            yield from Processes(1).outcomes(table, supply.rest(), course)


class _Supply:
    """Fits, of which those are for this process that come before it has grown."""

    def __init__(self, fits: Iterable[Fit | None]):
        self._fits, self._first = iter(fits), memory()
        self._next: Fit | None = None

    @property
    def is_left(self) -> bool:
        """Whether there are fits that are not for this process."""
        return self._next is not None

    def for_here(self) -> Iterator[Fit | None]:
        for fit in self._fits:
            if fit is not None and fit.options.get("layers") is None and memory() - self._first > MOST_GROWTH:
                self._next = fit
                return
            yield fit

    def rest(self) -> Iterator[Fit | None]:
        return chain([self._next], self._fits)
