"""How many threads compute, so that processes do not crowd the cores, and the same bits come from every process.

Workers share the cores. But TensorFlow may part a sum among its threads, and its last bits then go by the parts: for
such trainings (`parted_sums`) a worker's TensorFlow has as many threads as the asker's. BLAS parts sums too; each
training has one thread of it, wherever it is done.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

#: What TensorFlow reads when it starts, of threads within a step.
TENSORFLOW = "TF_NUM_INTRAOP_THREADS"
_SHARED = (
    "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip


def n_cores() -> int:
    """Return how many cores this process may use: its container's share, not the host's."""
    from joblib import cpu_count

    return int(cpu_count())


def threads_of_tensorflow() -> int:
    """Return how many threads TensorFlow computes a step with in this process, whether it has started or not."""
    tensorflow = sys.modules.get("tensorflow")
    chosen = 0 if tensorflow is None else int(tensorflow.config.threading.get_intra_op_parallelism_threads())
    named = os.environ.get(TENSORFLOW, "")
    return chosen or (int(named) if named.isdigit() else 0) or _n_schedulable()


def environment_of_worker(n_workers: int, *, as_asker: bool) -> dict[str, str]:
    """Return the variables that give each of `n_workers` processes its threads; they count before it imports.

    `as_asker`: TensorFlow has as many as here, whatever the number of workers.
    """
    share = max(1, n_cores() // n_workers)
    own = threads_of_tensorflow()
    return {TENSORFLOW: str(own if as_asker else min(own, share)), **dict.fromkeys(_SHARED, str(share))}


class _OneThread:
    """Has BLAS compute with one thread as long as anybody is within, in whatever thread."""

    def __init__(self) -> None:
        self._lock, self._n_within = threading.Lock(), 0
        self._limit: Any = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._n_within += 1
            if self._n_within == 1:
                self._limit = _blas().limit(limits=1, user_api="blas")
        try:
            yield
        finally:
            with self._lock:
                self._n_within -= 1
                if not self._n_within:
                    self._limit.restore_original_limits()


#: A context: BLAS computes with one thread within.
one_blas_thread = _OneThread()


@cache
def _blas() -> Any:
    """Return what sets the threads of numpy's and scipy's BLAS; to look for the libraries takes a while."""
    import scipy.linalg  # noqa: F401 - it brings a BLAS of its own
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _n_schedulable() -> int:
    """Return what TensorFlow takes of itself: the cores that the system lets this process run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
