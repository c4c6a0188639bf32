"""Do a cross-validation, a study or a search in a thread of its own while the cell shows what there is so far."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from nbreg.evaluation.wording import count
from nbreg.panels.front_end import has_front_end
from nbreg.panels.progress import progress_bundle
from nbreg.panels.wording import duration
from nbreg.search.course import Course

#: Seconds between two looks at whether the work is done; the interrupt button is answered in between.
SLICE = 0.1
#: What takes less than this, in seconds, shows nothing before its end.
PATIENCE = 1.0
#: Seconds between two pictures at least; and at most this share of the time goes into drawing.
INTERVAL, SHARE = 1.0, 0.1


def watch_course(
    course: Course, work: Callable[[], object], *, title: str, shown: Callable[[], Any], live: bool | None = None
) -> None:
    """Do `work`, which advances `course`, in front of the user's eyes.

    It runs in a daemon thread. Where somebody watches (`has_front_end`), the cell shows how far it is and what `shown`
    returns, as often as there is news; at the end all that is gone, for the result is the cell's value. The interrupt
    button asks the course to stop and waits until it has. An exception in `work` is raised here.
    """
    place = _LiveCard(course, title, shown) if (has_front_end() if live is None else live) else None
    working = _Working(work)
    while not working.done.is_set():
        try:
            working.done.wait(SLICE)
            if place is not None and not working.done.is_set():
                place.refresh()
        except KeyboardInterrupt:
            course.request_stop()
    if place is not None:
        place.close()
    if working.error is not None:
        raise working.error


class _Working:
    """The work and the thread it runs in."""

    def __init__(self, work: Callable[[], object]):
        self.done = threading.Event()
        self.error: BaseException | None = None
        self._work = work
        context = contextvars.copy_context()  # what the work displays goes to this cell
        threading.Thread(target=context.run, args=(self._do,), name="nbreg-course", daemon=True).start()

    def _do(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()


class _LiveCard:
    """A display in the cell that is drawn anew when there is news, and not too often."""

    def __init__(self, course: Course, title: str, shown: Callable[[], Any]):
        self._course, self._title, self._shown = course, title, shown
        self._handle: Any = None
        self._drawn_at, self._not_before = -1, time.monotonic() + PATIENCE

    def refresh(self) -> None:
        """Show what there is, where that is news."""
        began = time.monotonic()
        if began < self._not_before or self._course.n_done == self._drawn_at:
            return
        self._drawn_at = self._course.n_done
        self._show(self._bundle())
        taken = time.monotonic() - began
        self._not_before = time.monotonic() + max(INTERVAL, taken / SHARE)

    def close(self) -> None:
        """Leave the cell."""
        if self._handle is not None:
            self._handle.update({}, raw=True)

    def _bundle(self) -> dict[str, Any]:
        course = self._course
        bundle = progress_bundle(self._title, course.n_done / max(course.n_all, 1), self._words())
        if course.n_done:
            card = self._shown()._repr_mimebundle_()
            card = card[0] if isinstance(card, tuple) else card
            bundle = {kind: f"{text}\n{card[kind]}" for kind, text in bundle.items()}
        return bundle

    def _words(self) -> str:
        course = self._course
        done = f"{count(course.n_done)} of {count(course.n_all)} trainings"
        if course.stop_wanted:
            return f"{done} · stopping"
        left = course.seconds_left
        return done if left is None else f"{done} · {duration(left)} left"

    def _show(self, bundle: dict[str, Any]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)
