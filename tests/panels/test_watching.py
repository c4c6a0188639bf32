"""A training that is watched: what is displayed when, how it is interrupted, how it fails."""

from __future__ import annotations

import _thread
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

import IPython.display
import pytest
from spying import rows

from nbreg.errors import TrainingError
from nbreg.panels.watching import watch
from nbreg.training.run import Run


class Screen:
    """What IPython was asked to display: ("display" or "update", object, had an id)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any, bool]] = []

    def display(self, shown: object, *, raw: bool = False, display_id: bool = False) -> Screen | None:
        self.events.append(("display", shown, display_id))
        return self if display_id else None

    def update(self, shown: object, *, raw: bool = False) -> None:
        self.events.append(("update", shown, True))

    @property
    def last(self) -> Any:
        return self.events[-1][1]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(IPython.display, "display", screen.display)
    return screen


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, screen: Screen) -> Screen:
    monkeypatch.setenv("NBREG_LIVE", "1")
    return screen


@pytest.fixture
def headless(monkeypatch: pytest.MonkeyPatch, screen: Screen) -> Screen:
    monkeypatch.setenv("NBREG_LIVE", "0")
    return screen


def trains(run: Run, n_epochs: int = 5) -> Callable[[], str]:
    def work() -> str:
        run.begin()
        run.record(rows(1, n_epochs))
        run.finish()
        return "regressor"

    return work


def trains_until_stopped(run: Run, slowness: float = 0.0) -> Callable[[], str]:
    def work() -> str:
        run.begin()
        run.record(rows(1, 5))
        while not run.stop_wanted:
            time.sleep(0.005)
        time.sleep(slowness)
        run.finish("stopped")
        return "regressor"

    return work


def fails(run: Run, error: Exception | None = None) -> Callable[[], str]:
    def work() -> str:
        run.begin()
        raise error or TrainingError("The loss is not a number.")

    return work


def interrupts(*after: float) -> None:
    """Press the interrupt button after so many seconds."""

    def press() -> None:
        for seconds in after:
            time.sleep(seconds)
            _thread.interrupt_main()

    threading.Thread(target=press, daemon=True).start()


def test_the_view_is_shown_and_then_replaced(run: Run, live: Screen):
    assert watch(run, trains(run), title="Price", final=lambda: "card") == "regressor"
    (first, view, has_id), (second, card, _) = live.events
    assert (first, has_id, second, card) == ("display", True, "update", "card")
    assert view.title == "Price"
    assert view.comm is None  # closed


def test_without_a_front_end_only_the_final_display_is_made(run: Run, headless: Screen):
    assert watch(run, trains(run), final=lambda: "card") == "regressor"
    assert headless.events == [("display", "card", False)]


def test_without_a_front_end_background_work_is_waited_for(run: Run, headless: Screen):
    assert watch(run, trains(run), final=lambda: "card", background=True) == "regressor"
    assert headless.events == [("display", "card", False)]


def test_the_work_is_done_elsewhere_in_this_context(run: Run, live: Screen):
    cell = contextvars.ContextVar("cell", default="")
    cell.set("this one")
    seen: list[Any] = []

    def work() -> None:
        seen.extend([cell.get(), threading.current_thread().name, threading.current_thread().daemon])

    watch(run, work)
    assert seen == ["this one", "nbreg-trainer", True]


def test_in_the_background_the_call_returns_and_the_view_is_replaced_later(run: Run, live: Screen):
    goes_on = threading.Event()
    work = trains(run)
    assert watch(run, lambda: goes_on.wait(5) and work(), final=lambda: "card", background=True) is None
    assert len(live.events) == 1
    goes_on.set()
    assert run.wait(5)
    wait_until(lambda: live.last == "card")


@pytest.mark.parametrize("place", ["live", "headless"])
def test_an_interrupt_stops_and_keeps(run: Run, place: str, request: pytest.FixtureRequest):
    screen = request.getfixturevalue(place)
    interrupts(0.15)
    assert watch(run, trains_until_stopped(run), final=lambda: "card") == "regressor"
    assert run.status == "stopped"
    assert screen.last == "card"


def test_a_second_interrupt_is_graceful_too_and_says_so_once(run: Run, live: Screen, capsys: pytest.CaptureFixture):
    interrupts(0.1, 0.15, 0.15)
    assert watch(run, trains_until_stopped(run, slowness=0.6), final=lambda: "card") == "regressor"
    assert capsys.readouterr().out.count("Still stopping") == 1
    assert live.last == "card"


def test_an_exception_is_raised_in_the_cell_and_told_in_place_of_the_view(run: Run, live: Screen):
    with pytest.raises(MemoryError, match="too large"):
        watch(run, fails(run, MemoryError("The table is too large.")), title="Price", final=lambda: "card")
    assert run.status == "failed"
    assert isinstance(run.error, MemoryError)
    assert live.last == {"text/plain": "Price: failed after 0 epochs. The table is too large."}


def test_without_a_front_end_an_exception_is_all_there_is(run: Run, headless: Screen):
    with pytest.raises(MemoryError):
        watch(run, fails(run, MemoryError("The table is too large.")), final=lambda: "card")
    with pytest.raises(TrainingError, match="not a number"):
        watch(run, fails(run))
    assert headless.events == []


def test_a_failed_training_shows_what_it_reached_and_is_an_error(run: Run, live: Screen):
    seen: list[str] = []
    with pytest.raises(TrainingError, match="not a number"):
        watch(run, fails(run), final=lambda: seen.append(run.status) or "card")
    (_, view, _), (how, card, _) = live.events
    assert (how, card, seen) == ("update", "card", ["failed"])
    assert view.comm is None


def test_a_failed_training_shows_what_it_reached_without_a_front_end(run: Run, headless: Screen):
    with pytest.raises(TrainingError, match="not a number"):
        watch(run, fails(run), final=lambda: "card")
    assert headless.events == [("display", "card", False)]


def test_a_failed_training_in_the_background_shows_what_it_reached(run: Run, live: Screen):
    assert watch(run, fails(run), final=lambda: f"card: {run.error}", background=True) is None
    wait_until(lambda: live.last == "card: The loss is not a number.")


def test_a_failed_training_is_an_error_also_where_its_card_cannot_be_drawn(run: Run, live: Screen):
    with pytest.warns(RuntimeWarning, match="could not be drawn"), pytest.raises(TrainingError, match="not a number"):
        watch(run, fails(run), title="Price", final=lambda: 1 / 0)
    assert live.last == {"text/plain": "Price: failed after 0 epochs. The loss is not a number."}


@pytest.mark.parametrize("place", ["live", "headless"])
def test_an_interrupt_while_the_card_is_drawn_leaves_a_line(run: Run, place: str, request: pytest.FixtureRequest):
    screen = request.getfixturevalue(place)

    def final() -> object:
        raise KeyboardInterrupt

    assert watch(run, trains(run), title="Price", final=final) == "regressor"
    assert screen.last == {"text/plain": "Price: finished after 5 epochs, best loss 0.400 at epoch 5."}


def test_in_the_background_an_exception_is_a_line_in_place_of_the_view(run: Run, live: Screen):
    watch(run, fails(run), title="Price", background=True)
    wait_until(lambda: live.last == {"text/plain": "Price: failed after 0 epochs. The loss is not a number."})
    assert isinstance(run.error, TrainingError)


def test_a_failure_before_the_run_began_ends_it(run: Run, live: Screen):
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watch(run, work, title="Price")
    assert run.status == "failed"
    assert live.last == {"text/plain": "Price: failed after 0 epochs. ZeroDivisionError"}


@pytest.mark.parametrize("place", ["live", "headless"])
def test_a_card_that_cannot_be_drawn_leaves_a_line_and_the_result(run: Run, place: str, request: pytest.FixtureRequest):
    screen = request.getfixturevalue(place)

    def final() -> object:
        raise RuntimeError("no canvas")

    with pytest.warns(RuntimeWarning, match="could not be drawn: RuntimeError: no canvas"):
        result = watch(run, trains(run), title="Price", final=final)
    assert result == "regressor"
    assert screen.last == {"text/plain": "Price: finished after 5 epochs, best loss 0.400 at epoch 5."}


def test_without_a_card_a_line_stays(run: Run, live: Screen):
    watch(run, trains(run, 1), title="Price")
    assert live.last == {"text/plain": "Price: finished after 1 epoch, best loss 2.00 at epoch 1."}


def test_work_that_forgets_to_end_its_run_is_helped(run: Run, live: Screen):
    watch(run, lambda: run.begin(), title="Price")
    assert run.status == "finished"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
