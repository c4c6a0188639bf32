"""What a cell shows while a cross-validation, a study or a search goes on, and that an interrupt ends it in order."""

from __future__ import annotations

import signal
import threading
import time
from types import SimpleNamespace
from typing import Any

import IPython.display
import pytest

from nbreg.panels import course_watching as module
from nbreg.panels.course_watching import watch_course
from nbreg.search.course import Course


class Cell:
    """Catches what is displayed."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], **_: Any) -> Any:
        self.bundles.append(bundle)
        return SimpleNamespace(update=lambda new, **_: self.bundles.append(new))


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    cell = Cell()
    monkeypatch.setattr(IPython.display, "display", cell.display)
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(module, "INTERVAL", 0.05)
    monkeypatch.setattr(module, "SLICE", 0.01)
    return cell


class Card:
    def __init__(self, course: Course):
        self.course = course

    def _repr_mimebundle_(self) -> tuple[dict[str, str], dict[str, Any]]:
        return {"text/plain": f"{self.course.n_done} so far", "text/html": f"<p>{self.course.n_done}</p>"}, {}


def steps(course: Course, seconds: float) -> Any:
    def work() -> None:
        course.begin()
        for _ in range(course.n_all):
            time.sleep(seconds)
            if course.stop_wanted:
                break
            course.advance()
        course.end()

    return work


def watch(course: Course, work: Any, live: bool = True) -> None:
    watch_course(course, work, title="Study of x", shown=lambda: Card(course), live=live)


def test_what_there_is_fills_and_is_gone_at_the_end(cell: Cell):
    course = Course(4)
    watch(course, steps(course, 0.12))
    texts = [bundle.get("text/plain", "") for bundle in cell.bundles]
    assert [text.splitlines()[-1] for text in texts[-4:-1]] == ["1 so far", "2 so far", "3 so far"]
    assert "3 of 4 trainings" in texts[-2]
    assert "<p>3</p>" in cell.bundles[-2]["text/html"]
    assert cell.bundles[-1] == {}


def test_what_is_short_or_seen_by_nobody_shows_nothing(cell: Cell, monkeypatch: pytest.MonkeyPatch):
    course = Course(3)
    watch(course, steps(course, 0.05), live=False)
    monkeypatch.setattr(module, "PATIENCE", 5)
    short = Course(3)
    watch(short, steps(short, 0.01))
    assert cell.bundles == []
    assert (course.status, short.status) == ("finished", "finished")


def test_an_interrupt_stops_the_course_and_waits_for_it(cell: Cell):
    course = Course(100)
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    watch(course, steps(course, 0.05))
    timer.join()
    assert course.status == "stopped"
    assert 0 < course.n_done < 100
    assert cell.bundles[-1] == {}


def test_what_goes_wrong_is_raised_and_leaves_no_display(cell: Cell):
    course = Course(2)

    def work() -> None:
        course.begin()
        course.advance()
        time.sleep(0.2)
        raise ValueError("the third")

    with pytest.raises(ValueError, match="the third"):
        watch(course, work)
    assert cell.bundles[-1] == {}


def test_drawing_takes_a_small_share_of_the_time(cell: Cell):
    course = Course(60)

    class Slow(Card):
        def _repr_mimebundle_(self) -> Any:
            time.sleep(0.05)
            return super()._repr_mimebundle_()

    watch_course(course, steps(course, 0.02), title="Study", shown=lambda: Slow(course), live=True)
    assert len(cell.bundles) <= 5  # of 60 that there was news of
