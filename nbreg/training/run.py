"""One training, seen from outside: what it has reached, and how to steer it."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from nbreg.errors import TrainingError
from nbreg.watchers import Watchers

if TYPE_CHECKING:
    import keras

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


class RateChange(NamedTuple):
    """A learning rate that was set live: after how many epochs, the part of the present one included, and what to.

    `progress` has six digits behind the point: enough to find the step in epochs of up to 500,000 steps.
    """

    progress: float
    learning_rate: float


class Start(NamedTuple):
    """Whose weights a training began with: the name of a run, and which epoch's of it (counted from 1)."""

    name: str
    epoch: int


Watcher = Callable[["Run"], None]
#: Reads from the model that is being trained.
Look = Callable[["keras.Model"], None]


class Run:
    """One training, observable and safe to use from any thread; it knows nothing of who watches.

    A watcher is called, with the run, after every change, by the thread that made it: it should only take
    note. The trainer's side (`begin`, `record`, `finish`, `fail`, `hold`) is for `nbreg.training` alone.
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
        #: Whose weights it began with; None where they were drawn anew.
        self.start: Start | None = None
        self._status = "pending"
        self._rows: list[Row] = []
        self._best: Row | None = None
        self._changes: list[RateChange] = []
        self._watchers: Watchers[Run] = Watchers()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        #: Whether who watches it asked it to end because it is not worth going on.
        self.given_up = False
        self._stop_wanted = False
        self._pause_wanted = False
        self._learning_rate_wanted: float | None = None
        self._look_wanted: Look | None = None
        self._look_failed = False
        self._started = 0.0
        self._told = 0.0

    def __repr__(self) -> str:
        done = f"{len(self._rows):,} of {self.epochs:,} epochs"
        best = f", best at epoch {self._best.epoch:,}" if self._best else ""
        return f"Run({self._status}, {done}{best})"

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

    @property
    def changes(self) -> tuple[RateChange, ...]:
        """The learning rates that were set live, or planned as if they had been, once they had taken effect.

        Those set in an epoch that a stop cut short are left out in the end, as its losses are.
        """
        with self._lock:
            return tuple(self._changes)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, at most `timeout` seconds; return whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    # How to steer it

    def request_stop(self) -> None:
        """Ask the run to end soon; it keeps its history and its best weights."""
        self._ask(_stop_wanted=True)

    def give_up(self) -> None:
        """Ask the run to end soon because it is not worth going on: nobody needs its network."""
        self.given_up = True
        self.request_stop()

    def request_pause(self) -> None:
        """Ask the run to wait until `request_resume`."""
        self._ask(_pause_wanted=True)

    def request_resume(self) -> None:
        """Let a paused run go on."""
        self._ask(_pause_wanted=False)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Ask for another learning rate from the next step on; a schedule goes on in proportion."""
        self._ask(_learning_rate_wanted=float(learning_rate))

    def request_look(self, look: Look) -> None:
        """Have `look` called with the model that is being trained, once, soon, between two steps or in a pause.

        The model has the weights of the moment; `look` is to read only (``model(x, training=False)``), and holds up
        the training as long as it takes, for it is called in the trainer's thread. Where another look waits, this
        one takes its place. It is not called once the run has ended. One that fails harms nothing but itself.
        """
        with self._changed:
            if not self.ended:
                self._look_wanted = look
                self._changed.notify_all()

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every change; return a function that ends this."""
        return self._watchers.add(watcher)

    # The trainer's side

    @property
    def stop_wanted(self) -> bool:
        return self._stop_wanted

    def begin(self) -> None:
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

    def hold(self, model: keras.Model) -> None:
        """Return at once, or, where a pause is wanted, when it is over; let be seen meanwhile who asked to look."""
        self._show(model)
        if not self._is_held():
            return
        self._set_status("paused")
        while self._is_held():
            with self._changed:
                self._changed.wait_for(lambda: not self._is_held() or self._look_wanted is not None)
            self._show(model)
        self._set_status("running")

    def _is_held(self) -> bool:
        return self._pause_wanted and not self._stop_wanted

    def _show(self, model: keras.Model) -> None:
        if self._look_wanted is None:
            return
        with self._lock:
            look, self._look_wanted = self._look_wanted, None
        try:
            look(model)
        except Exception as error:
            self._warn_once(error)

    def _warn_once(self, error: Exception) -> None:
        if self._look_failed:
            return
        self._look_failed = True
        try:
            words = f"The training goes on, but a look at it failed: {type(error).__name__}: {error}"
            warnings.warn(words, RuntimeWarning, stacklevel=2)
        except RuntimeWarning:
            pass  # where warnings are errors, this one is not to end the training

    def take_learning_rate(self) -> float | None:
        """Return the learning rate that was asked for since the last call, if any."""
        with self._lock:
            wanted, self._learning_rate_wanted = self._learning_rate_wanted, None
            return wanted

    def note_change(self, progress: float, learning_rate: float) -> None:
        """Note that a learning rate set live, or planned so, is in effect; of two at one step the later one counts."""
        change = RateChange(round(progress, 6), learning_rate)
        with self._lock:
            if self._changes and self._changes[-1].progress == change.progress:
                self._changes.pop()
            self._changes.append(change)
            self.learning_rate = learning_rate
        self._tell()

    def finish(self, status: str = "finished") -> None:
        if status == "stopped" and self._rows:
            with self._lock:
                self._changes = [change for change in self._changes if change.progress < self._rows[-1].epoch]
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
            "changes": [list(change) for change in self._changes],
            "start": list(self.start) if self.start else None,
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
        # Files of earlier versions say nothing of these.
        run._changes = [RateChange(*change) for change in kept.get("changes", ())]
        run.start = Start(*kept["start"]) if kept.get("start") else None
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
            if self.ended:
                self._look_wanted = None
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
        self._watchers.tell(self)


def _watched(row: Row) -> float:
    return row.val_loss if row.val_loss == row.val_loss else row.loss
