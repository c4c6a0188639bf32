"""Live views whose messages are caught on their way out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nbreg.panels.live import LiveView
from nbreg.training.run import Row, Run


def rows(first: int, last: int) -> list[Row]:
    """Rows of the epochs `first` to `last`: losses 1/epoch and 2/epoch."""
    return [Row(epoch, 1 / epoch, 2 / epoch, 0.001) for epoch in range(first, last + 1)]


class Spy:
    """Catches what a view sends, with the time of each message."""

    def __init__(self, view: LiveView):
        self.messages: list[dict[str, Any]] = []
        self.tables: list[np.ndarray] = []
        self.times: list[float] = []
        self._came = threading.Condition()
        view.send = self._catch

    def _catch(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        with self._came:
            self.messages.append(content)
            self.tables.append(np.frombuffer(buffers[0], dtype=np.float32).reshape(-1, 4))
            self.times.append(time.monotonic())
            self._came.notify_all()

    def wait_for(self, condition: Any, timeout: float = 60.0) -> None:
        """Wait until `condition`, called with the last message, is true."""
        with self._came:
            assert self._came.wait_for(lambda: self.messages and condition(self.messages[-1]), timeout), self.messages[
                -1:
            ]

    @property
    def state(self) -> dict[str, Any]:
        return self.messages[-1]["state"]


def watched(run: Run, **options: Any) -> tuple[LiveView, Spy]:
    """Return a view of `run` and a spy on it; wait until the view's first message is through."""
    view = LiveView(run, **options)
    spy = Spy(view)
    hear(view, kind="hello")
    return view, spy


def hear(view: LiveView, **message: Any) -> None:
    """Let the view hear a message as if a front end had sent it."""
    view._handle_custom_msg(message, [])


def nbreg_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("nbreg-")]


def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def threads_have_ended() -> bool:
    """Wait until no thread of nbreg is left, and return whether it came to that."""
    deadline = time.monotonic() + 60
    while nbreg_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not nbreg_threads()
