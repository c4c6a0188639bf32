"""Fits on a Dask cluster."""

from __future__ import annotations

import queue
import uuid
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from nbreg.errors import OptionError
from nbreg.search.cluster_task import MODULES, done_there, versions_here
from nbreg.search.course import Course
from nbreg.search.fold_table import FoldTable
from nbreg.search.handing_out import hand_out
from nbreg.search.outcome import Outcome
from nbreg.search.sending import pickled
from nbreg.search.threads import threads_of_tensorflow
from nbreg.search.workers import Fit, Workers

#: How long to wait for the scheduler and for a worker, in seconds.
PATIENCE = 5
#: How often to try to connect with a scheduler that answers at a bad moment.
ATTEMPTS = 5
#: How many seconds of work a task should be, and how many fits at most: a task by itself costs some milliseconds.
TASK_SECONDS, MOST_FITS = 2.0, 32
#: So often Dask does a task again by itself, after its worker died.
RETRIES = 2


class Cluster(Workers):
    """The workers of a Dask cluster that is there already, by a ``dask.distributed.Client``.

    The table goes to all of them once; several fits make a task. A task whose worker dies is done again elsewhere,
    twice at most; of tasks of several fits that do not come through, each fit then is a task of its own.
    """

    def __init__(self, client: Any):
        self.client = client

    @classmethod
    def at(cls, address: str) -> Cluster:
        """Return the workers of the cluster whose scheduler is at `address`. Raises OptionError for none."""
        client = connected(address)
        try:
            found = cls._checked(client)
        except BaseException:
            client.close()
            raise
        weakref.finalize(found, client.close)
        return found

    @classmethod
    def of(cls, client: Any) -> Cluster:
        """Return the workers of a ``dask.distributed.Client``. Raises OptionError where there are none."""
        if not (hasattr(client, "scatter") and hasattr(client, "submit")):
            raise OptionError(f"client takes a dask.distributed.Client; got {type(client).__name__}.")
        return cls._checked(client)

    @classmethod
    def _checked(cls, client: Any) -> Cluster:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise OptionError("The Dask cluster has no workers; start one: dask worker ADDRESS.") from None
        check_versions(client.run(versions_here, on_error="return"))
        return cls(client)

    def outcomes(self, table: FoldTable, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
        crew = ClusterCrew(self.client, table)
        try:
            yield from hand_out(crew, fits, course)
        finally:
            crew.close()


def connected(address: str) -> Any:
    """Return a client of the scheduler at `address`. Raises OptionError where none answers.

    A scheduler tells all clients when one of them cancels work. What it tells a client that is just connecting comes
    together with its greeting, and Dask asserts that the greeting comes alone. So it is worth another attempt.
    """
    try:
        from distributed import Client
    except ImportError:
        raise OptionError('A Dask cluster (--cluster) takes an extra: pip install "nbreg[cluster]"') from None
    for _ in range(ATTEMPTS):
        try:
            return Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:  # a TimeoutError is an OSError, too
            why = "" if isinstance(error, OSError) else f" ({error})"
            raise OptionError(
                f"No Dask scheduler answers at {address} (--cluster){why}. Is it running, and within reach?"
            ) from None
        except AssertionError:
            continue
    raise OptionError(f"The Dask scheduler at {address} (--cluster) answers, but not as Dask expects. Try once more.")


def check_versions(by_worker: dict[str, Any]) -> None:
    """Raise OptionError where a worker lacks one of `MODULES`, or has another version than this process."""
    here = versions_here()
    for worker, there in by_worker.items():
        if isinstance(there, BaseException):
            raise OptionError(
                f"The Dask worker {worker} cannot run nbreg: {there}. Install nbreg {here['nbreg']} there."
            )
        differing = [
            f"{name} {there[name] or 'missing'} (here {here[name]})"
            for name in MODULES
            if _relevant(there[name]) != _relevant(here[name])
        ]
        if differing:
            raise OptionError(
                f"The Dask worker {worker} has {', '.join(differing)}: results would differ. Install the same there."
            )


def _relevant(version: str | None) -> str | None:
    """Return the part of a version that has to agree: 2.21 of 2.21.1."""
    return version and ".".join(version.split(".")[:2])


class ClusterCrew:
    """A cluster's workers, at one cross-validation, study or search (`handing_out.Crew`)."""

    def __init__(self, client: Any, table: FoldTable):
        import distributed

        self._client, self._table_message = client, pickled(table)
        self._table = self._scattered()
        self._stop: Any = distributed.Event(f"nbreg-stop-{uuid.uuid4()}", client=client)  # type: ignore[no-untyped-call]
        self._threads = threads_of_tensorflow()
        self._inbox: queue.Queue[Any] = queue.Queue()
        self._tasks: dict[Any, list[Fit]] = {}
        self._alone: set[int] = set()
        self._seconds: list[float] = []
        self._stopping = False

    @property
    def n_under_way(self) -> int:
        return sum(map(len, self._tasks.values()))

    @property
    def n_wanted(self) -> int:
        """As many fits as make a task of some seconds, while a worker's thread is free."""
        n_slots = sum(int(threads) for threads in self._client.nthreads().values())
        if len(self._tasks) >= max(n_slots, 1):
            return 0
        if not self._seconds:
            return 1
        mean = sum(self._seconds) / len(self._seconds)
        return max(1, min(MOST_FITS, int(TASK_SECONDS / max(mean, 1e-3))))

    def begin(self, fits: list[Fit]) -> None:
        message = pickled([replace(fit, key=None) for fit in fits])
        future = self._client.submit(
            done_there, self._table, message, self._stop.name, self._threads, pure=False, retries=RETRIES
        )
        self._tasks[future] = fits
        future.add_done_callback(self._inbox.put)

    def news(self, timeout: float) -> Iterator[tuple[Fit, Outcome | None]]:
        try:
            future = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return
        fits = self._tasks.pop(future, None)
        if fits is not None:
            yield from self._what_came(future, fits)

    def request_stop(self) -> None:
        self._stopping = True
        self._stop.set()

    def close(self) -> None:
        """Leave nothing on the cluster."""
        self._client.cancel([*self._tasks, self._table])
        self._tasks = {}

    def _what_came(self, future: Any, fits: list[Fit]) -> Iterator[tuple[Fit, Outcome | None]]:
        if future.status == "finished":
            outcomes = future.result()
            self._seconds += [outcome.seconds for outcome in outcomes if outcome is not None]
            yield from zip(fits, outcomes, strict=True)
        elif self._stopping:
            yield from ((fit, None) for fit in fits)
        elif future.status == "cancelled" or self._table.status != "finished":
            self._table = self._scattered()  # all who had it are gone
            self.begin(fits)
        elif len(fits) > 1:
            for fit in fits:
                self.begin([fit])
        else:
            yield fits[0], Outcome(0.0, error=f"The Dask cluster could not do it: {_line(future.exception())}")

    def _scattered(self) -> Any:
        """Return the table, sent to all workers."""
        return self._client.scatter(self._table_message, broadcast=True, hash=False)


def _line(error: BaseException | None) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
