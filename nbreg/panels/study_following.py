"""Following a study: what it has found so far, told at a pace that leaves the processor to the trainings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nbreg.search.study import Study

#: Seconds between two updates at least; and at most this share of the time goes into them.
INTERVAL, SHARE = 0.2, 0.1


class StudyFollowing:
    """Calls `tell`, in a thread of its own, whenever a study has more, and at its end."""

    def __init__(self, study: Study, tell: Callable[[], None]):
        self.study, self._tell = study, tell
        self._news, self._closed = threading.Event(), threading.Event()
        self._unsubscribe = study.course.subscribe(lambda _: self._news.set())
        self._thread = threading.Thread(target=self._follow, name="nbreg-study-following", daemon=True)

    def begin(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """Tell no more; the study goes on."""
        self._closed.set()
        self._news.set()
        self._unsubscribe()

    def wait(self) -> None:
        """Wait until the end of a study that has ended has been told as well."""
        self._thread.join()

    def _follow(self) -> None:
        while not self._closed.is_set():
            self._news.wait()
            self._news.clear()
            ended = self.study.course.ended  # before anything is read: then nothing comes after the last
            began = time.monotonic()
            if not self._closed.is_set():
                self._tell()
            if ended:
                self._unsubscribe()
                return
            self._closed.wait(max(INTERVAL, (time.monotonic() - began) / SHARE))
