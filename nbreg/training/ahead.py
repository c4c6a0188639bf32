"""Things made one ahead of their use, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Goes through an iterator in a thread of its own, and holds the next thing ready while the last one is used.

    What goes wrong there is raised to whoever asks for the next thing. `close` ends the thread.
    """

    def __init__(self, source: Iterator[T]):
        self._source, self._ready, self._closed = source, queue.Queue[tuple[T | None, BaseException | None]](1), False
        self._thread = threading.Thread(target=self._work, name="nbreg-ahead", daemon=True)
        self._thread.start()

    def next(self) -> T:
        """Return the next thing; StopIteration where there is none."""
        thing, error = self._ready.get()
        if error is not None:
            raise error
        return thing  # type: ignore[return-value]

    def close(self) -> None:
        """End the thread, which may be in the middle of something, and wait for its end."""
        self._closed = True
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.05)
            except queue.Empty:
                continue

    def _work(self) -> None:
        try:
            for thing in self._source:
                self._ready.put((thing, None))
                if self._closed:
                    return
            raise StopIteration
        except BaseException as error:
            self._ready.put((None, error))
