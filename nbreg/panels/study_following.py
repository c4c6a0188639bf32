"""Following a study: what it has found so far, told at a pace that leaves the processor to the trainings."""

from __future__ import annotations

import time
from collections.abc import Callable

from nbreg.panels.following import Pursuit
from nbreg.search.study import Study

#: Seconds between two updates at least; and at most this share of the time goes into them.
INTERVAL, SHARE = 0.2, 0.1


class StudyFollowing(Pursuit):
    """Calls `tell`, in a thread of its own, whenever a study has more, and at its end."""

    def __init__(self, study: Study, tell: Callable[[], None]):
        self.study, self._tell = study, tell
        super().__init__(study.course.subscribe, "nbreg-study-following")

    def _tell_until_end(self) -> None:
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
