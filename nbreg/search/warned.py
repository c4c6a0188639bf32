"""Warnings of a fit that is done elsewhere: overheard there, and raised anew where it was asked for, each once."""

from __future__ import annotations

import builtins
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple


class Warned(NamedTuple):
    """A warning: its words, and its category, or the nearest to it that Python itself has."""

    text: str
    category: type[Warning]


class _Overheard:
    """Takes note of the warnings that a thread raises while it is within, in place of showing them."""

    def __init__(self) -> None:
        self._lock, self._n_within = threading.Lock(), 0
        self._own = threading.local()
        self._shown: Any = None

    @contextmanager
    def __call__(self) -> Iterator[list[Warned]]:
        with self._lock:
            self._n_within += 1
            if self._n_within == 1:
                self._shown, warnings.showwarning = warnings.showwarning, self._hear
        heard: list[Warned] = []
        self._own.heard = heard
        try:
            yield heard
        finally:
            del self._own.heard
            with self._lock:
                self._n_within -= 1
                if not self._n_within:
                    warnings.showwarning = self._shown

    def _hear(self, message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
        heard = getattr(self._own, "heard", None)
        if heard is None:  # of a thread that is not within
            self._shown(message, category, *place, **more)
        else:
            heard.append(Warned(str(message), _known_anywhere(category)))


#: A context: the warnings that this thread raises within. Filters hold as ever.
overheard = _Overheard()


def _known_anywhere(category: type[Warning]) -> type[Warning]:
    found: type[Warning] = next(kind for kind in category.__mro__ if getattr(builtins, kind.__name__, None) is kind)
    return found


class Retold:
    """Raises warnings of other processes in this one, the same words once."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def tell(self, found: Iterable[Warned]) -> None:
        for text, category in found:
            if text not in self._known:
                self._known.add(text)
                with suppress(Warning):  # where warnings are errors, this one is not to end the work
                    warnings.warn(text, category, stacklevel=2)
