"""Worker processes that stay for a while, since it takes seconds to start one."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping

from nbreg.search.worker import Worker

#: So many seconds after their last fit idle workers end.
LINGER = 60.0


class IdleWorkers:
    """Idle workers, kept for whoever wants some next."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        atexit.register(self.close)

    def take(self, environment: Mapping[str, str]) -> Worker:
        """Return a worker with such variables in its environment: an idle one, or a new one."""
        with self._lock:
            for i in reversed(range(len(self._idle))):
                if self._idle[i].environment == environment and self._idle[i].alive:
                    return self._idle.pop(i)
        return Worker(environment)

    def give_back(self, worker: Worker) -> None:
        """Keep a worker that has nothing to do, for `LINGER` seconds."""
        worker.release()
        with self._lock:
            self._idle.append(worker)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(LINGER, self.close)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
        for worker in idle:
            worker.close()


IDLE = IdleWorkers()
