"""What a worker of a Dask cluster does; light to import, for the scheduler's sake."""

from __future__ import annotations

import os
import pickle
import platform
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable
    from nbreg.search.outcome import Outcome
    from nbreg.training.run import Run

#: What results depend on.
MODULES = ("python", "nbreg", "tensorflow", "keras")
#: How often a worker looks whether to stop, in seconds.
_LOOK_EVERY = 0.4

_tables: dict[int, tuple[bytes, FoldTable]] = {}


def versions_here() -> dict[str, str | None]:
    """Return the versions of `MODULES` in this process, None for what is missing."""
    return {"python": platform.python_version(), **{name: _version(name) for name in MODULES[1:]}}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def done_there(table: bytes, fits: bytes, stop_name: str, n_threads: int) -> list[Outcome | None]:
    """Do several fits on a table, and return what came of each; None for those that were stopped.

    `stop_name` is that of a ``distributed.Event``; `n_threads` are those of the asker's TensorFlow (`threads`).
    """
    from nbreg.search.threads import TENSORFLOW
    from nbreg.search.workers import done_elsewhere

    if "tensorflow" not in sys.modules:
        os.environ[TENSORFLOW] = str(n_threads)
    folded = _unpickled(table)
    with _stop_followed(stop_name) as present:
        return [
            None if present.stop_wanted else done_elsewhere(folded, fit, present.follow) for fit in pickle.loads(fits)
        ]


def _unpickled(table: bytes) -> FoldTable:
    """Return the table; the worker keeps one copy of the bytes, and here one of the table, for the tasks to come."""
    known = _tables.get(id(table))
    if known is None or known[0] is not table:
        _tables.clear()
        _tables[id(table)] = known = table, pickle.loads(table)
    return known[1]


class _Present:
    """The run under way, for the thread that looks whether to stop."""

    def __init__(self) -> None:
        self.stop_wanted, self.ended = False, threading.Event()
        self._run: Run | None = None

    def follow(self, run: Run) -> None:
        self._run = run
        if self.stop_wanted:
            run.request_stop()

    def look(self, event: Any) -> None:
        while not self.ended.wait(_LOOK_EVERY):
            if event.is_set():
                self.stop_wanted = True
                if self._run is not None:
                    self._run.request_stop()


@contextmanager
def _stop_followed(name: str) -> Iterator[_Present]:
    """Stop the run under way, and begin no more, once the event of that name is set."""
    from distributed import Event, get_client

    event: Any = Event(name, client=get_client())  # type: ignore[no-untyped-call]
    present = _Present()
    watcher = threading.Thread(target=present.look, args=(event,), daemon=True)
    watcher.start()
    try:
        yield present
    finally:
        present.ended.set()
        watcher.join(_LOOK_EVERY)
