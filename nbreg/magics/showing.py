"""How a notebook shows what takes time: trainings, live and then as a card, once a cell; explanations; studies."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbreg.explanation.effort import REPORTING, Reporter
from nbreg.search.conducting import CONDUCTING as OF_COURSES
from nbreg.search.course import Course
from nbreg.training.conducting import CONDUCTING
from nbreg.training.run import Run

#: What the live view's vertical axis shows, in the words of the card.
_LOSS = "loss (of the scaled target)"


class Showing:
    """What ``%load_ext nbreg`` changes in how trainings, explanations and studies are shown."""

    def __init__(self, shell: Any, preferences: Any):
        self.shell, self.preferences = shell, preferences
        self._shown: tuple[Any, Any] | None = None  # the run that was shown last, and the cell that showed it

    def begin(self) -> None:
        """Show trainings, and the progress of explanations, from now on."""
        # By name, so that the regressor's module need not be imported yet.
        self.shell.display_formatter.mimebundle_formatter.for_type_by_name("nbreg.regressor", "Regressor", self.bundle)
        self._former = CONDUCTING.conductor
        CONDUCTING.conductor = self.conduct
        self._former_open = REPORTING.open
        REPORTING.open = self.open_progress
        self._former_of_courses = OF_COURSES.conductor
        OF_COURSES.conductor = self.conduct_course

    def end(self) -> None:
        """Show no more than plain Python does."""
        self.shell.display_formatter.mimebundle_formatter.pop("nbreg.regressor.Regressor", None)
        CONDUCTING.conductor = self._former
        REPORTING.open = self._former_open
        OF_COURSES.conductor = self._former_of_courses

    def conduct(
        self, run: Run, work: Callable[[], object], *, title: str, final: Callable[[], Any], background: bool
    ) -> None:
        """Have the work done in front of the user's eyes; see `nbreg.training.conducting.Conductor`."""
        from nbreg.panels.watching import watch

        def drawn() -> Drawn:
            return Drawn(final()._repr_mimebundle_())

        self._shown = weakref.ref(run), self._cell()
        live = None if self.preferences.live else False
        watch(run, work, title=title, loss=_LOSS, final=drawn, background=background, live=live)

    def conduct_course(
        self, course: Course, work: Callable[[], object], *, title: str, shown: Callable[[], Any]
    ) -> None:
        """Have the work done in front of the user's eyes; see `nbreg.search.conducting.Conductor`."""
        from nbreg.panels.course_watching import watch_course

        watch_course(course, work, title=title, shown=shown, live=None if self.preferences.live else False)

    def open_progress(self, title: str) -> tuple[Reporter | None, Callable[[], None]]:
        """Return who is told how far an explanation is, and what ends it; see `nbreg.explanation.effort.Reporting`."""
        from nbreg.panels.front_end import has_front_end

        if not (self.preferences.live and has_front_end()):
            return None, lambda: None
        from nbreg.panels.progress import Progress

        progress = Progress(title)
        return progress.report, progress.close

    def bundle(self, regressor: Any) -> Any:
        """Return the regressor's card; where this cell has shown it already, or it still trains, a line.

        A cell that ends in ``%nnreg fit`` has shown the card in place of the live view, and shows its value too.
        """
        run = getattr(regressor, "run_", None)
        if run is None:
            return regressor._repr_mimebundle_()
        if not run.ended:
            return {"text/plain": f"{regressor.words()}; still training"}
        here = self._cell()
        if self._shown and self._shown[0]() is run and self._shown[1] == here:
            return {"text/plain": regressor.words()}
        self._shown = weakref.ref(run), here
        return regressor._repr_mimebundle_()

    def _cell(self) -> Any:
        """Return what tells this cell's run from any other, also in a thread that goes on after its end."""
        from nbreg.panels.front_end import running_request

        return running_request().get("header", {}).get("msg_id") or self.shell.execution_count


@dataclass(frozen=True)
class Drawn:
    """A card that is drawn already: what can go wrong with that has gone wrong before it is displayed."""

    bundle: Any

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.bundle
