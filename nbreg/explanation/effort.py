"""How long an explanation may take, how far it is, and whether it is to go on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Called with the share done (0 to 1) and the seconds that are likely left; a last time with 1 and 0.
Reporter = Callable[[float, float], None]
#: Takes a title; returns a reporter, and what to call when all is done.
Opener = Callable[[str], tuple[Reporter | None, Callable[[], None]]]


class Effort:
    """Watches the clock and the interrupt key for a computation in many steps.

    An interrupt ends it after the step under way, with what is done; a second one raises KeyboardInterrupt. So does
    a `budget` in seconds, which never ends it before its first step.
    """

    def __init__(self, budget: float | None = None, report: Reporter | None = None):
        self.budget, self._report = budget, report
        self._begun = time.monotonic()
        self._interrupted = False

    @property
    def seconds(self) -> float:
        """The time since it began."""
        return time.monotonic() - self._begun

    @property
    def was_interrupted(self) -> bool:
        """Whether the user has asked to stop."""
        return self._interrupted

    @property
    def is_over(self) -> bool:
        """Whether to stop after the step under way."""
        return self._interrupted or (self.budget is not None and self.seconds >= self.budget)

    def each(self, steps: list[Any]) -> Iterator[Any]:
        """Yield `steps`, the first in any case, until all are done or it is over; tell how far it is."""
        begun, n_before = time.monotonic(), 0
        for done, step in enumerate(steps, start=1):
            yield step
            now = time.monotonic()
            self._tell(done / len(steps), (now - begun) / (done - n_before) * (len(steps) - done))
            if done == 1:  # which may have compiled: it tells little of the others
                begun, n_before = now, 1
            if self.is_over:
                break

    def _tell(self, share: float, seconds_left: float) -> None:
        if self._report is not None:
            if self.budget is not None:
                seconds_left = min(seconds_left, max(0.0, self.budget - self.seconds))
                share = max(share, min(1.0, self.seconds / self.budget))
            self._report(share, seconds_left)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Take the interrupt key for a wish to stop, within; in another thread than the main one, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = signal.getsignal(signal.SIGINT)

        def on_interrupt(number: int, frame: Any) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True

        signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)


class Reporting:
    """Holds who is told of progress in this process: nobody, until a notebook puts its own opener into `open`."""

    def __init__(self) -> None:
        self.open: Opener = _silently
        self._here: ContextVar[Opener | None] = ContextVar("reporting", default=None)

    def opened(self, title: str) -> tuple[Reporter | None, Callable[[], None]]:
        """Return a reporter, and what to call when all is done."""
        return (self._here.get() or self.open)(title)

    @contextmanager
    def here(self, open: Opener) -> Iterator[None]:
        """Tell of what is computed within, in this thread, by `open` alone; a reporter that raises ends it."""
        token = self._here.set(open)
        try:
            yield
        finally:
            self._here.reset(token)


def _silently(title: str) -> tuple[Reporter | None, Callable[[], None]]:
    return None, lambda: None


REPORTING = Reporting()


@contextmanager
def underway(title: str, budget: float | None = None) -> Iterator[Effort]:
    """Watch over a computation within, which may be interrupted, and tell how far it is."""
    report, close = REPORTING.opened(title)
    effort = Effort(budget, report)
    try:
        with effort.interruptible():
            yield effort
    finally:
        close()
