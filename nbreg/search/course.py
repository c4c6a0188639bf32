"""How far a cross-validation, a study or a search is: observable, and safe to use from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nbreg.training.run import Run
from nbreg.watchers import Watchers

Watcher = Callable[["Course"], None]


class Course:
    """What many trainings are doing: how many are done of how many, and whether to stop.

    `status` is one of pending, running, finished, stopped, failed. Watchers are called, by the thread that works, after
    every training and at the end, and should only take note.
    """

    def __init__(self, n_all: int):
        self.n_all, self.n_done = n_all, 0
        self.status = "pending"
        self.stop_wanted = False
        self._began = self._ended = self._first = 0.0
        self._runs: list[Run] = []
        self._watchers: Watchers[Course] = Watchers()
        self._lock = threading.Lock()

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every change; return a function that ends this."""
        return self._watchers.add(watcher)

    def request_stop(self) -> None:
        """Ask for an end: what is done is kept, the training under way is not."""
        with self._lock:
            self.stop_wanted = True
            runs = list(self._runs)
        for run in runs:
            run.request_stop()

    @property
    def ended(self) -> bool:
        return self.status in ("finished", "stopped", "failed")

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return 0.0 if not self._began else (self._ended or time.monotonic()) - self._began

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take, if it goes on as it did; None before the first training is done."""
        if not self.n_done:
            return None
        # The first one may have compiled what the others use: it tells little of them.
        first, others = (self._first, self.n_done - 1) if self.n_done > 1 else (0.0, 1)
        return (self.seconds - first) / others * (self.n_all - self.n_done)

    # The side of who does the work

    def begin(self) -> None:
        self._began, self.status = time.monotonic(), "running"
        self._watchers.tell(self)

    def follow(self, run: Run) -> None:
        """Take note of a run that is about to begin: a stop stops it."""
        with self._lock:
            self._runs = [each for each in self._runs if not each.ended] + [run]
            stop = self.stop_wanted
        if stop:
            run.request_stop()

    def advance(self) -> None:
        """Take note that one more training is done."""
        self.n_done += 1
        self._first = self._first or self.seconds
        self._watchers.tell(self)

    def end(self, failed: bool = False) -> None:
        self._ended = time.monotonic()
        self.status = "failed" if failed else "stopped" if self.stop_wanted else "finished"
        self._watchers.tell(self)
