"""Fits go out to others as soon as these are free, and what comes of them comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from nbreg.search.course import Course
from nbreg.search.outcome import Outcome
from nbreg.search.warned import Retold
from nbreg.search.workers import Fit

#: How long to wait for news before looking whether a stop is wanted, in seconds.
LOOK_EVERY = 0.1
#: How long fits that were told to stop may take to end, in seconds.
STOP_WITHIN = 1.0


class Crew(Protocol):
    """Others who do fits."""

    @property
    def n_wanted(self) -> int:
        """How many fits would be begun at once now; 0 while nobody is free."""

    @property
    def n_under_way(self) -> int:
        """How many fits are begun and not back."""

    def begin(self, fits: list[Fit]) -> None:
        """Have somebody who is free do `fits`, at least one and at most `n_wanted` of them."""

    def news(self, timeout: float) -> Iterable[tuple[Fit, Outcome | None]]:
        """Return what is back, after waiting for at most `timeout` seconds. None: it was stopped."""

    def request_stop(self) -> None:
        """Tell all who are at work to stop soon."""


def hand_out(crew: Crew, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
    """Yield what comes of `fits`, as `Workers.outcomes` says. Ctrl-C ends it as `Course.request_stop` does."""
    supply = _Supply(fits)
    try:
        yield from _hand_out(crew, supply, course)
    except KeyboardInterrupt:
        course.request_stop()
    finally:
        _wind_up(crew)


class _Supply:
    """The fits to come; `over` once there are none."""

    def __init__(self, fits: Iterable[Fit | None]):
        self._fits, self.over = iter(fits), False

    def take(self, n: int) -> list[Fit]:
        """Return the next fits, `n` at most: fewer before None, which means that outcomes are waited for."""
        taken: list[Fit] = []
        while len(taken) < n:
            try:
                fit = next(self._fits)
            except StopIteration:
                self.over = True
                return taken
            if fit is None:
                return taken
            taken.append(fit)
        return taken


def _hand_out(crew: Crew, supply: _Supply, course: Course) -> Iterator[tuple[Fit, Outcome]]:
    retold = Retold()
    while not course.stop_wanted:
        _begin_all(crew, supply, course)
        if not crew.n_under_way and supply.over:
            return
        for fit, outcome in crew.news(LOOK_EVERY) if crew.n_under_way else ():
            if outcome is None:
                course.request_stop()  # somebody stopped it there
            else:
                retold.tell(outcome.warned)
                yield fit, outcome


def _begin_all(crew: Crew, supply: _Supply, course: Course) -> None:
    """Begin fits until nobody is free, or none is there before the next outcome."""
    while crew.n_wanted and not supply.over and not course.stop_wanted:
        fits = supply.take(crew.n_wanted)
        if not fits:
            return
        crew.begin(fits)


def _wind_up(crew: Crew) -> None:
    """Tell those at work to stop, and give them a moment to."""
    if crew.n_under_way:
        crew.request_stop()
    waits = int(STOP_WITHIN / LOOK_EVERY)
    while crew.n_under_way and waits:
        for _ in crew.news(LOOK_EVERY):
            pass  # what comes now is left out
        waits -= 1
