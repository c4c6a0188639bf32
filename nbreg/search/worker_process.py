"""The side of a worker process: it is told a table and fits through its standard input, and answers.

Messages are pickles with their length before them. It ends with its asker, whatever becomes of that one.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from nbreg.training.run import Run

_LENGTH = struct.Struct("<Q")


def write_message(stream: BinaryIO, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def read_message(stream: BinaryIO) -> bytes | None:
    """Return the next message, None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


class _Present:
    """The fit under way, for the thread that hears of a wish to stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._stop_wanted = False

    def clear(self) -> None:
        with self._lock:
            self._run, self._stop_wanted = None, False

    def follow(self, run: Run) -> None:
        with self._lock:
            self._run, stop = run, self._stop_wanted
        if stop:
            run.request_stop()

    def request_stop(self) -> None:
        with self._lock:
            self._stop_wanted, run = True, self._run
        if run is not None:
            run.request_stop()


def main() -> None:
    """Do fits until the standard input ends."""
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed here is no answer
    present, todo = _Present(), queue.Queue[tuple[str, Any]]()
    threading.Thread(target=_listen, args=(asks, present, todo), daemon=True).start()
    write_message(answers, b"")  # ready
    table: Any = None
    while True:
        kind, content = todo.get()
        if kind == "table":
            table = content
        else:
            table, answer = _answer(table, content, present)
            write_message(answers, answer)


def _listen(asks: BinaryIO, present: _Present, todo: queue.Queue[tuple[str, Any]]) -> None:
    """Take in what is asked, also while a fit is under way; end the process with the asker."""
    while (message := read_message(asks)) is not None:
        kind, content = pickle.loads(message)
        if kind == "stop":
            present.request_stop()
        else:
            if kind == "fit":
                present.clear()
            todo.put((kind, content))
    os._exit(0)


def _answer(table: Any, fit: bytes, present: _Present) -> tuple[Any, bytes]:
    """Return the table, read where it came as bytes, and what came of the fit: the outcome and the memory, pickled."""
    from nbreg.search.outcome import Outcome
    from nbreg.search.workers import done_elsewhere

    try:
        table = pickle.loads(table) if isinstance(table, bytes) else table
        outcome = done_elsewhere(table, pickle.loads(fit), present.follow)
    except Exception as error:  # what the asker sent cannot be read here
        outcome = Outcome(
            0.0, error=" ".join(f"A worker process cannot do it: {type(error).__name__}: {error}".split())
        )
    return table, pickle.dumps((outcome, memory()))


def memory() -> int:
    """Return the bytes of memory that this process holds; 0 where that is not known."""
    try:
        with open("/proc/self/statm") as counts:
            return int(counts.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
