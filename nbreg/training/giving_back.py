"""Memory of what was compiled and is forgotten goes back: neither Python, TensorFlow nor the C library sees to it soon.

A graph is a cycle that Python's collector finds late; parts of it live on in TensorFlow's cache of kernels; and what is
freed stays with the process. Kernels that are needed again are made anew, and compute the same; only ``tf.random``
operations with a seed of their own, outside functions, begin anew. It is done while nobody trains. What XLA compiled
stays all the same, some 12 MB for each function: TensorFlow keeps it until the process ends.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

#: So many compiled functions are forgotten before their memory is given back: that takes 0.1 s, about.
EVERY = 10


class Forgotten:
    """Counts compiled functions that nobody needs any more, and gives their memory back from time to time."""

    def __init__(self) -> None:
        self._n = self._n_busy = 0
        self._lock = threading.RLock()  # what is collected may end a training that was left half-way

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have no memory given back while anybody is within, in whatever thread."""
        with self._lock:
            self._n_busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_busy -= 1
                self._give_back_from(EVERY)

    def add(self, n: int, at_once: bool = False) -> None:
        """Take note of `n` more; give memory back where there are `EVERY` by now, or any and it is wanted `at_once`."""
        with self._lock:
            self._n += n
            self._give_back_from(1 if at_once else EVERY)

    def _give_back_from(self, n: int) -> None:
        if self._n >= n and not self._n_busy:
            self._n = 0
            give_memory_back()


def give_memory_back() -> None:
    """Give back what memory nobody uses, as far as this system and this TensorFlow can."""
    gc.collect()
    _clear_kernels()
    _trim()


def _clear_kernels() -> None:
    """Empty TensorFlow's cache of kernels, as ``keras.utils.clear_session`` does; nothing where that cannot be."""
    module: Any = sys.modules.get("tensorflow.python.eager.context")
    clear = None if module is None else getattr(module.context(), "clear_kernel_cache", None)
    if clear is not None:
        clear()


def _trim() -> None:
    """Have the C library return free memory to the system, where it is one that can (glibc)."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Any:
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # Windows has no such library
        return None
