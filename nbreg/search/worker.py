"""A worker process, seen by its asker."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from nbreg.search.outcome import Outcome
from nbreg.search.worker_process import read_message, write_message


class News(NamedTuple):
    """What a worker has to tell: what came of its fit; or, with no answer, that the process has ended."""

    worker: Worker
    answer: tuple[Outcome | None, int] | None


class Worker:
    """A process that does one fit after another, and ends with this one.

    It is started anew, not forked, and knows nothing of ``__main__``: scripts need no guard, notebooks no file. It does
    not hear of Ctrl-C. `environment` are variables that it has beside those of this process. What it tells goes into
    `inbox`, which whoever has the worker may put another in place of.
    """

    def __init__(self, environment: Mapping[str, str]):
        self.inbox: queue.Queue[News] = queue.Queue()
        self.environment = dict(environment)
        #: The bytes of the table that it has; how many fits it did; its bytes of memory after the first and the last.
        self.table: bytes | None = None
        self.n_done = self.memory_first = self.memory = 0
        #: Whether it has come so far as to listen.
        self.ready = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the process is there
        self._process = subprocess.Popen(
            [sys.executable, "-c", _program()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **environment},
            **_apart(),
        )
        threading.Thread(target=self._listen, name="nbreg-worker", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def begin(self, table: bytes, fit: bytes) -> None:
        """Have a fit done on a table: both pickled; the table is sent once."""
        if self.table is not table:
            self._tell("table", table)
            self.table = table
        self._tell("fit", fit)

    def request_stop(self) -> None:
        """Ask the fit under way to end soon."""
        self._tell("stop", None)

    def release(self) -> None:
        """Forget who asked, and the table."""
        self.inbox, self.table = queue.Queue(), None

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._errors.close()
        with suppress(OSError):  # what was not sent any more
            self._stream(self._process.stdin).close()

    def last_words(self) -> str:
        """Return why the process has ended, as far as is known: the end of what it printed, or its exit status."""
        status = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        if status < 0:
            name = signal.Signals(-status).name
            return f"it was ended by {name}" + (", as happens where memory is short" if name == "SIGKILL" else "")
        return lines[-1] if lines else f"exit status {status}"

    @property
    def could_not_start(self) -> bool:
        """Whether the process has ended, by itself, before it listened."""
        return not self.ready and self._process.wait() >= 0

    def _tell(self, kind: str, content: Any) -> None:
        with suppress(OSError):  # where it has ended, that is heard of
            write_message(self._stream(self._process.stdin), pickle.dumps((kind, content)))

    def _listen(self) -> None:
        with self._stream(self._process.stdout) as answers:
            while (message := read_message(answers)) is not None:
                if not message:
                    self.ready = True
                    continue
                answer = pickle.loads(message)
                self.n_done, self.memory = self.n_done + 1, answer[1]
                self.memory_first = self.memory_first or self.memory
                self.inbox.put(News(self, answer))
        self.inbox.put(News(self, None))

    @staticmethod
    def _stream(pipe: Any) -> BinaryIO:
        assert pipe is not None  # all of them were asked for
        return pipe  # type: ignore[no-any-return]


def _program() -> str:
    """Return what the process runs: modules are found where this process finds them."""
    path = [each or os.getcwd() for each in sys.path]
    return f"import sys; sys.path[:] = {path!r}; from nbreg.search.worker_process import main; main()"


def _apart() -> dict[str, Any]:
    """Return how a process is started that Ctrl-C in this one's terminal does not reach."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
