"""An explanation under way in a thread of its own: how far it is, and a way to give it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from nbreg.explanation.effort import REPORTING, Reporter
from nbreg.panels.wording import line_of

#: Seconds between two words on how far it is.
INTERVAL = 0.1


class GivenUp(BaseException):
    """The explanation is no longer wanted. Not an Exception, so that nothing on the way takes it for an error."""


class Work:
    """Does `work` in a thread, tells `told` of the share done and the seconds left, and hands its end to `ended`.

    `ended` gets this work, the result, and in its place None and a line where there is none: empty where it was given
    up, else what went wrong.
    """

    def __init__(
        self, work: Callable[[], Any], told: Reporter, ended: Callable[[Work, Any, str], None], name: str = "explaining"
    ):
        self._work, self._told, self._ended = work, told, ended
        self._unwanted, self._last_told = threading.Event(), 0.0
        self._thread = threading.Thread(target=self._do, name=f"nbreg-{name}", daemon=True)

    def begin(self) -> None:
        """Begin."""
        self._thread.start()

    def give_up(self) -> None:
        """Have it end after the step under way, without a result."""
        self._unwanted.set()

    @property
    def is_given_up(self) -> bool:
        return self._unwanted.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has come."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _do(self) -> None:
        result, line = None, ""
        try:
            with REPORTING.here(lambda _: (self._report, lambda: None)):
                result = self._work()
        except GivenUp:
            pass
        except Exception as error:
            line = line_of(error)
        self._ended(self, result, line)

    def _report(self, share: float, seconds_left: float) -> None:
        if self._unwanted.is_set():
            raise GivenUp
        now = time.monotonic()
        if now - self._last_told >= INTERVAL:
            self._last_told = now
            self._told(share, seconds_left)
