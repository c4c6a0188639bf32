"""Work of which only the latest order counts: what a slider asks for while it moves."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Latest:
    """Does orders one after the other in a thread of its own, and leaves out those that a later one has overtaken.

    Orders of different `kind` do not overtake each other. `failed` is told what an order raises. The thread ends
    where there is nothing left to do.
    """

    def __init__(self, name: str, failed: Callable[[Exception], None]):
        self._name, self._failed = name, failed
        self._orders: dict[str, Callable[[], None]] = {}
        self._working = False
        self._lock = threading.Lock()

    def ask(self, order: Callable[[], None], kind: str = "") -> None:
        """Have `order` done soon."""
        with self._lock:
            self._orders.pop(kind, None)
            self._orders[kind] = order
            if self._working:
                return
            self._working = True
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._orders:
                    self._working = False
                    return
                order = self._orders.pop(next(iter(self._orders)))
            try:
                order()
            except Exception as error:
                self._failed(error)
