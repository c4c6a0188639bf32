"""What all panels share: wishes, trouble, pictures; and work of which only the latest order counts."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import IPython.display
import pytest
import traitlets

from nbreg.errors import OptionError
from nbreg.options import Choice, Columns, Integer, Option, Optional, Real
from nbreg.panels import still as still_module
from nbreg.panels.form import control, plain, read
from nbreg.panels.front_end import shows_widgets
from nbreg.panels.latest import Latest
from nbreg.panels.panel import Panel
from nbreg.panels.static_files import styled
from nbreg.panels.still import Still


class Counter(Panel, view="counter"):
    """Counts."""

    n = traitlets.Int(0).tag(sync=True)
    wishes = ("more",)

    def more(self, by: int = 1) -> None:
        if by < 0:
            raise OptionError("more takes a number\nof at least 0.")
        self.n += by

    def less(self) -> None:
        self.n -= 1

    def hear_defect(self) -> None:
        raise ZeroDivisionError("by zero")

    def still(self) -> Still:
        return Still(f"Counter at {self.n}", f"<p>{self.n}</p>")


@pytest.fixture
def panel() -> Any:
    panel = Counter(title="Counter")
    yield panel
    panel.close()


def ask(panel: Panel, kind: str, **more: Any) -> None:
    panel._handle_custom_msg({"kind": kind, **more}, [])


class Screen:
    """What is displayed, and what is displayed in its place."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.updates: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], **options: Any) -> Any:
        self.shown.append(bundle)
        return SimpleNamespace(update=lambda new, **_: self.updates.append(new))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(IPython.display, "display", screen.display)
    return screen


def test_wishes_are_done_and_nothing_else_is(panel: Counter):
    ask(panel, "more", by=2)
    ask(panel, "less")
    ask(panel, "close")
    ask(panel, "_hear")
    assert panel.n == 2


def test_trouble_is_one_line_until_the_next_wish(panel: Counter):
    ask(panel, "more", by=-1)
    assert panel.trouble == "more takes a number of at least 0."
    ask(panel, "defect")
    assert panel.trouble == "ZeroDivisionError: by zero"
    ask(panel, "hello")
    assert panel.trouble == "ZeroDivisionError: by zero"
    ask(panel, "more")
    assert panel.trouble == ""


def test_a_wish_that_comes_late_twice_or_after_the_next_is_done_once_and_in_its_turn(panel: Counter):
    def sent(turn: int, **more: Any) -> None:
        ask(panel, "more", sender="a view", turn=turn, **more)

    sent(2, by=10)
    assert (panel.n, panel.heard) == (0, {})
    sent(1, by=1)
    sent(1, by=1)
    sent(2, by=10)
    assert (panel.n, panel.heard) == (11, {"a view": 2})
    sent(3, by=-1)  # a wish that fails was heard as well
    assert (panel.n, panel.heard) == (11, {"a view": 3})
    ask(panel, "more", sender="another view", turn=1, by=5)
    assert (panel.n, panel.heard) == (16, {"a view": 3, "another view": 1})


def test_where_nobody_watches_the_picture_is_all(panel: Counter, screen: Screen, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBREG_LIVE", "0")
    panel.more()
    panel._ipython_display_()
    assert screen.shown == [{"text/plain": "Counter at 1", "text/html": "<p>1</p>"}]


def test_a_view_has_its_picture_beside_it_which_follows(
    panel: Counter, screen: Screen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NBREG_LIVE", "1")
    monkeypatch.setattr(still_module, "QUIET", 0.5)
    panel._ipython_display_()
    view, picture = screen.shown
    assert set(view) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert view["text/plain"] == ""
    assert "<p>0</p>" in picture["text/html"]
    for _ in range(5):
        panel.more()
        panel.refresh_still()
    deadline = time.monotonic() + 60
    while not screen.updates and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.7)
    assert [update["text/plain"] for update in screen.updates] == ["Counter at 5"]


def test_voila_shows_widgets_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NBREG_LIVE", raising=False)
    assert not shows_widgets()
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    assert shows_widgets()
    monkeypatch.setenv("NBREG_LIVE", "0")
    assert not shows_widgets()


def test_styles_stay_within_their_view():
    css = styled("train", "panel.css")
    own = css.split(":where(.nbreg-view.nbreg-train) {")[1]
    assert ".nbreg-panel" not in own
    assert "&.nbreg-view[data-gone] .nbreg-body" in own


def test_of_orders_that_wait_the_latest_is_done():
    done: list[int] = []
    begun, go = threading.Event(), threading.Event()
    latest = Latest("test-latest", pytest.fail)

    def slow() -> None:
        begun.set()
        go.wait(60)
        done.append(0)

    latest.ask(slow)
    begun.wait(60)
    for number in (1, 2, 3):
        latest.ask(lambda number=number: done.append(number))
    latest.ask(lambda: done.append(9), "another kind")
    go.set()
    deadline = time.monotonic() + 60
    while len(done) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done == [0, 3, 9]


def test_an_order_that_fails_is_told_and_the_next_is_done():
    failed: list[str] = []
    done = threading.Event()
    latest = Latest("test-latest", lambda error: failed.append(str(error)))
    latest.ask(lambda: 1 / 0)
    latest.ask(done.set, "next")
    assert done.wait(5)
    assert failed == ["division by zero"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Optional(Integer(minimum=1), "auto"), {"kind": "integer", "minimum": 1, "maximum": None, "word": "auto"}),
        (Real(above=0, below=1), {"kind": "real", "minimum": 0, "maximum": 1, "word": ""}),
        (Choice("a", "b"), {"kind": "choice", "choices": ["a", "b"]}),
        (Optional(Columns(), "all"), {"kind": "columns", "word": "all"}),
    ],
)
def test_a_declared_option_becomes_a_control(kind: Any, expected: dict[str, Any]):
    made = control(Option("learning_rate", None, "Size of a step.", kind))
    assert (made["label"], made["help"]) == ("Learning rate", "Size of a step.")
    assert {name: made[name] for name in expected} == expected


def test_values_go_to_the_page_and_back():
    option = Option("features", None, "", Optional(Columns(), "all"))
    assert plain(("a", "b")) == ["a", "b"]
    assert read(option, ["a", "b"]) == ("a", "b")
    assert read(option, "all") is None
    with pytest.raises(OptionError):
        read(option, [3])
