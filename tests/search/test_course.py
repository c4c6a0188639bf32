"""How far many trainings are: what is told of the time left, and stops from other threads."""

from __future__ import annotations

import pytest

from nbreg.search import course as module
from nbreg.search.course import Course
from nbreg.training.run import Run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_goes_by_the_trainings_after_the_first(clock: list[float]):
    course = Course(5)
    assert (course.seconds, course.seconds_left) == (0, None)
    course.begin()
    clock[0] += 8
    course.advance()
    assert course.seconds_left == pytest.approx(32)
    clock[0] += 1
    course.advance()
    assert course.seconds_left == pytest.approx(3)
    clock[0] += 3
    course.advance()
    assert course.seconds_left == pytest.approx(4)
    course.end()
    clock[0] += 50
    assert (course.seconds, course.status) == (12, "finished")


def test_a_stop_reaches_the_runs_underway_and_those_that_come_late():
    course = Course(3)
    runs = [Run(10), Run(10)]
    course.follow(runs[0])
    course.request_stop()
    course.follow(runs[1])
    assert [run.stop_wanted for run in runs] == [True, True]
    course.end()
    assert course.status == "stopped"


def test_who_watches_hears_of_each_change():
    course = Course(2)
    heard: list[tuple[str, int]] = []
    leave = course.subscribe(lambda told: heard.append((told.status, told.n_done)))
    course.begin()
    course.advance()
    leave()
    course.end()
    assert heard == [("running", 0), ("running", 1)]
