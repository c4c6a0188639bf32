"""The line that tells how far a computation is: when it is seen, what it says, and that nothing of it stays."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import IPython.display
import pytest

from nbreg.panels import progress as module
from nbreg.panels.progress import INTERVAL, PATIENCE, Progress


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Cell:
    """Catches what is displayed; the last bundle is what is seen."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, str]] = []
        self.shown = threading.Event()

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        assert not self.bundles
        self.update(bundle, raw=True)
        return self

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        self.bundles.append(bundle)
        self.shown.set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    cell = Cell()
    monkeypatch.setattr(IPython.display, "display", cell.display)
    return cell


def test_what_takes_a_second_shows_nothing(clock: Clock, cell: Cell):
    progress = Progress("Explaining")
    for share in range(10):
        progress.report(share / 10, 0.9 - share / 10)
        clock.now += 0.09
    progress.close()
    assert cell.bundles == []


def test_what_soon_ends_shows_nothing_however_long_it_took(clock: Clock, cell: Cell):
    progress = Progress("Explaining")
    clock.now += 60
    progress.report(0.99, 0.6)
    progress.close()
    assert cell.bundles == []


def test_it_is_seen_after_a_second_and_updated_some_times_a_second(clock: Clock, cell: Cell):
    progress = Progress("Explaining")
    times = []
    for step in range(1000):
        n_before = len(cell.bundles)
        progress.report(step / 1000, (1000 - step) / 100)
        if len(cell.bundles) > n_before:
            times.append(clock.now - 100)
        clock.now += 0.01
    progress.close()
    assert times[0] == pytest.approx(PATIENCE, abs=0.02)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= INTERVAL - 1e-9
    assert max(gaps) <= INTERVAL + 0.02


def test_it_says_how_far_it_is_and_how_long_it_takes(clock: Clock, cell: Cell):
    progress = Progress("Explaining by <shapley>")
    clock.now += 2
    progress.report(0.427, 95)
    (bundle,) = cell.bundles
    assert bundle["text/plain"] == "Explaining by <shapley>: 43 % · 1 min 35 s left"
    page = ElementTree.fromstring(bundle["text/html"])
    assert page.attrib["role"] == "progressbar"
    assert page.attrib["aria-valuenow"] == "43"
    assert "".join(page.itertext()) == (
        "Explaining by <shapley>43 % · 1 min 35 s leftInterrupting keeps what is done."
    )  # fmt: skip
    assert any("width: 42.7%" in each.attrib.get("style", "") for each in page.iter())
    progress.close()


def test_nothing_stays(clock: Clock, cell: Cell):
    progress = Progress("Explaining")
    clock.now += 2
    progress.report(0.1, 18)
    progress.close()
    progress.report(0.9, 18)
    assert [bool(bundle) for bundle in cell.bundles] == [True, False]


def test_a_first_step_that_takes_long_is_told_of(cell: Cell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SILENCE", 0.02)
    progress = Progress("Explaining")
    assert cell.shown.wait(60)
    assert cell.bundles[0]["text/plain"] == "Explaining: getting started"
    assert "aria-valuenow" not in cell.bundles[0]["text/html"]
    progress.close()
    assert cell.bundles[-1] == {}


def test_whoever_is_quick_leaves_no_timer_behind(cell: Cell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SILENCE", 0.05)
    progress = Progress("Explaining")
    progress.close()
    time.sleep(0.15)
    assert cell.bundles == []
    assert "nbreg-progress" not in [thread.name for thread in threading.enumerate()]


def test_an_interrupt_while_it_closes_does_not_leave_it_standing(clock: Clock, cell: Cell):
    progress = Progress("Explaining")
    clock.now += 2
    progress.report(0.1, 18)
    updates = iter([KeyboardInterrupt])

    def interrupted(bundle: dict[str, str], *, raw: bool) -> None:
        for error in updates:
            raise error
        cell.bundles.append(bundle)

    cell.update = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        progress.close()
    assert cell.bundles[-1] == {}
