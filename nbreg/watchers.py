"""Who is to hear of changes: for what is observable, and knows nothing of who observes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Watchers(Generic[T]):
    """Functions that are called with what has changed, by the thread that changed it; safe to use from any thread."""

    def __init__(self) -> None:
        self._functions: dict[object, Callable[[T], None]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._functions)

    def add(self, watcher: Callable[[T], None]) -> Callable[[], None]:
        """Call `watcher` from now on; return a function that ends this, and may be called again."""
        key = object()  # never another's: what is closed once more, as by garbage collection, must end nothing else
        with self._lock:
            self._functions[key] = watcher

        def remove() -> None:
            with self._lock:
                self._functions.pop(key, None)

        return remove

    def tell(self, changed: T) -> None:
        """Call them all."""
        with self._lock:
            functions = list(self._functions.values())
        for function in functions:
            function(changed)
