"""One training, seen from outside: what it has reached, and how to steer it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from nbreg.errors import TrainingError

if TYPE_CHECKING:
    from nbreg.training.range_test import RangeTest

#: A run is in one of these; the last three are ends.
STATUSES = ("pending", "running", "paused", "stopped", "finished", "failed")
ENDS = ("stopped", "finished", "failed")

#: Least seconds between two tellings of progress within an epoch.
_TELLING_GAP = 1 / 15


class Row(NamedTuple):
    """What one epoch reached. Epochs count from 1.

    Losses are those of the scaled targets; without validation rows `val_loss` is NaN.
    """

    epoch: int
    loss: float
    val_loss: float
    learning_rate: float


Watcher = Callable[["Run"], None]


class Run:
    """One training, observable and safe to use from any thread; it knows nothing of who watches.

    A watcher is called, with the run, after every change, by the thread that made it: it should only take
    note. The trainer's side (`start`, `record`, `finish`, `fail`, `hold`) is for `nbreg.training` alone.
    """

    def __init__(self, epochs: int):
        self.epochs = epochs
        self.error: BaseException | None = None
        self.notes: list[str] = []
        self.seconds = 0.0
        #: Epochs done, with the part of the present one: 3.4 of 100.
        self.progress = 0.0
        #: Epochs a second lately, pauses left out; None until it is known.
        self.epochs_per_second: float | None = None
        #: The learning rate in use: the one asked for, or found by the range test, at first.
        self.learning_rate: float | None = None
        #: What runs the epochs, once it is known: xla, graph or keras.
        self.engine: str | None = None
        #: What ``learning_rate="auto"`` was found by.
        self.range_test: RangeTest | None = None
        self._status = "pending"
        self._rows: list[Row] = []
        self._best: Row | None = None
        self._watchers: dict[int, Watcher] = {}
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._stop_wanted = False
        self._pause_wanted = False
        self._learning_rate_wanted: float | None = None
        self._started = 0.0
        self._told = 0.0

    # What it has reached

    @property
    def status(self) -> str:
        return self._status

    @property
    def ended(self) -> bool:
        return self._status in ENDS

    @property
    def history(self) -> tuple[Row, ...]:
        """A row an epoch, from the first to the last that ended."""
        return self.rows_since(0)

    def rows_since(self, n_rows: int) -> tuple[Row, ...]:
        """Return the rows after the first `n_rows`."""
        with self._lock:
            return tuple(self._rows[n_rows:])

    @property
    def best(self) -> Row | None:
        """The epoch with the smallest validation loss (or loss, without validation rows)."""
        return self._best

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, at most `timeout` seconds; return whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    # How to steer it

    def request_stop(self) -> None:
        """Ask the run to end soon; it keeps its history and its best weights."""
        self._ask(_stop_wanted=True)

    def request_pause(self) -> None:
        """Ask the run to wait until `request_resume`."""
        self._ask(_pause_wanted=True)

    def request_resume(self) -> None:
        """Let a paused run go on."""
        self._ask(_pause_wanted=False)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Ask for another learning rate from the next step on; a schedule goes on in proportion."""
        self._ask(_learning_rate_wanted=float(learning_rate))

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every change; return a function that ends this."""
        with self._lock:
            key = max(self._watchers, default=0) + 1
            self._watchers[key] = watcher

        def unsubscribe() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return unsubscribe

    # The trainer's side

    @property
    def stop_wanted(self) -> bool:
        return self._stop_wanted

    def start(self) -> None:
        self._started = time.monotonic()
        self._set_status("running")

    def report(self, progress: float, epochs_per_second: float | None = None) -> None:
        """Note how many epochs are done; watchers hear of it at most 15 times a second."""
        now = time.monotonic()
        self.progress = progress
        self.epochs_per_second = epochs_per_second or self.epochs_per_second
        self.seconds = now - self._started
        if now - self._told >= _TELLING_GAP:
            self._told = now
            self._tell()

    def record(self, rows: Sequence[Row]) -> None:
        """Add the rows of epochs that have ended."""
        if not rows:
            return
        with self._lock:
            self.progress, self.learning_rate = float(rows[-1].epoch), rows[-1].learning_rate
            for row in rows:
                self._rows.append(row)
                if self._best is None or _watched(row) < _watched(self._best):
                    self._best = row
            self.seconds = time.monotonic() - self._started
        self._tell()

    def hold(self) -> None:
        """Return at once, or, where a pause is wanted, when it is over."""
        if not self._pause_wanted or self._stop_wanted:
            return
        self._set_status("paused")
        with self._changed:
            self._changed.wait_for(lambda: self._stop_wanted or not self._pause_wanted)
        self._set_status("running")

    def take_learning_rate(self) -> float | None:
        """Return the learning rate that was asked for since the last call, if any."""
        with self._lock:
            wanted, self._learning_rate_wanted = self._learning_rate_wanted, None
            return wanted

    def finish(self, status: str = "finished") -> None:
        self._end(status)

    def fail(self, error: BaseException) -> None:
        self.error = error
        self._end("failed")

    # What outlives the process

    def to_dict(self) -> dict[str, Any]:
        """Return what a file can keep of an ended run, as plain data."""
        return {
            "epochs": self.epochs,
            "status": self._status,
            "error": str(self.error or ""),
            "notes": list(self.notes),
            "seconds": self.seconds,
            "engine": self.engine,
            "rows": [[None if value != value else value for value in row] for row in self._rows],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the run that `to_dict` kept."""
        run = cls(kept["epochs"])
        run.record(
            [
                Row(int(row[0]), *(math.nan if value is None else float(value) for value in row[1:]))
                for row in kept["rows"]
            ]
        )
        run._status, run.notes, run.seconds = kept["status"], list(kept["notes"]), kept["seconds"]
        run.engine = kept["engine"]
        run.error = TrainingError(kept["error"]) if kept["error"] else None
        return run

    def __reduce__(self) -> Any:
        # Locks and watchers stay behind.
        return type(self).from_dict, (self.to_dict(),)

    def _end(self, status: str) -> None:
        if self._started:
            self.seconds = time.monotonic() - self._started
        self._set_status(status)

    def _set_status(self, status: str) -> None:
        with self._changed:
            self._status = status
            self._changed.notify_all()
        self._tell()

    def _ask(self, **wishes: object) -> None:
        """Note what is wanted; who asks for what is wanted already, or of a run that has ended, changes nothing."""
        with self._changed:
            news = {name: value for name, value in wishes.items() if getattr(self, name) != value}
            if self.ended or not news:
                return
            for name, value in news.items():
                setattr(self, name, value)
            self._changed.notify_all()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers.values())
        for watcher in watchers:
            watcher(self)


def _watched(row: Row) -> float:
    return row.val_loss if row.val_loss == row.val_loss else row.loss
