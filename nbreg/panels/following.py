"""Following a run: its rows as they come, at a pace that looks smooth and leaves the processor to the training."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbreg.panels.curve import Curve, thinned
from nbreg.panels.run_state import run_state
from nbreg.training.run import Run

#: Seconds between two updates: at most 15 a second.
INTERVAL = 1 / 15
#: Seconds between whole histories while no view has said hello: where messages wait until the cell ends
#: (ipykernel 6, VS Code), a view that comes late can only be told unasked.
UNASKED = 1.0
#: Most rows in one update; a longer history is thinned, which cannot be seen at the width of a screen.
MOST_ROWS = 5_000


class Told(Protocol):
    """Is told of a run's rows `start` (inclusive) to `end`, float32 ``(n, 4)`` and thinned, and how it stands."""

    def __call__(self, rows: NDArray[np.float32], *, start: int, end: int, state: dict[str, Any]) -> None:
        """Take note."""


class Pursuit(ABC):
    """Tells of what goes on elsewhere, in a thread of its own, from `begin` until its end."""

    def __init__(self, subscribe: Callable[[Callable[[Any], None]], Callable[[], None]], name: str):
        self._news, self._closed = threading.Event(), threading.Event()
        self._unsubscribe = subscribe(lambda _: self._news.set())
        self._thread = threading.Thread(target=self._tell_until_end, name=name, daemon=True)

    def begin(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """Tell no more; what is told of goes on."""
        self._closed.set()
        self._news.set()
        self._unsubscribe()

    def wait(self) -> None:
        """Wait until the end of what has ended has been told as well."""
        self._thread.join()

    @abstractmethod
    def _tell_until_end(self) -> None:
        """Tell of news until what is told of has ended, or `close` was called."""


class Following(Pursuit):
    """Tells of a run, in a thread of its own, from now until its end: each row once, and all again on `greet`.

    `greeted` says whether somebody is known to be there already.
    """

    def __init__(self, run: Run, told: Told, *, greeted: bool = False):
        self.run, self._told = run, told
        self._curve = Curve()
        self._n_sent, self._greeted, self._n_asked = 0, greeted, 0
        self._last: dict[str, Any] = {}
        self._sending = threading.Lock()
        super().__init__(run.subscribe, "nbreg-following")
        self._news.set()

    def greet(self) -> None:
        """Tell all there is at once: somebody new is there."""
        self._greeted = True
        self._tell(whole=True)

    def acknowledge(self) -> None:
        """Tell of the run soon, with a count that says that one more wish was heard."""
        self._n_asked += 1
        self._news.set()

    def _tell_until_end(self) -> None:
        told_all = 0.0
        while not self._closed.is_set():
            self._news.wait(None if self._greeted else UNASKED)
            self._news.clear()
            ended = self.run.ended  # before the rows are read: then none comes after the last
            now = time.monotonic()
            whole = not self._greeted and now - told_all >= UNASKED
            told_all = now if whole else told_all
            self._tell(whole or (ended and not self._greeted))
            if ended:
                self._unsubscribe()
                return
            self._closed.wait(INTERVAL)

    def _tell(self, whole: bool) -> None:
        """Tell of the rows since the last time, or of the whole history, and how the run stands."""
        with self._sending:
            if self._closed.is_set():
                return
            self._curve.extend(self.run.rows_since(len(self._curve)))
            start = 0 if whole else self._n_sent
            rows = thinned(self._curve.since(start), MOST_ROWS)
            state = {**run_state(self.run, len(self._curve)), "asked": self._n_asked}
            if not whole and not len(rows) and state == self._last:
                return
            self._told(rows, start=start, end=len(self._curve), state=state)
            self._n_sent, self._last = len(self._curve), state
