"""The live view of a training: its curves as they grow, how long it still takes, and the means to steer it."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from nbreg.panels.curve import Curve, thinned
from nbreg.panels.routing import answer_while_busy
from nbreg.panels.wording import duration, figure, speed
from nbreg.training.run import Run

STATIC = Path(__file__).parent / "static"

#: Seconds between two updates: at most 15 a second, which looks smooth and leaves the processor to the training.
INTERVAL = 1 / 15
#: Seconds between whole histories while no view has said hello: where messages wait until the cell ends
#: (ipykernel 6, VS Code), a view that comes late can only be told unasked.
UNASKED = 1.0
#: Most rows in one update; a longer history is thinned, which cannot be seen at the width of a screen.
MOST_ROWS = 5_000


class LiveView(anywidget.AnyWidget):
    """Shows a `Run` in the notebook, from its first epoch to its end, and passes on what is asked of it.

    Any number of views, of one or more front ends, may show the same object: each asks for the whole history
    when it appears and is then sent the rows that are new. A view ends with its run; `close` ends it sooner.
    """

    # Both files are one module to the browser, which spares the package a bundler.
    _esm = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in ("chart.js", "live.js"))
    _css = (STATIC / "live.css").read_text(encoding="utf-8")

    title = traitlets.Unicode("Training").tag(sync=True)
    """What is trained, as the view's heading."""

    loss = traitlets.Unicode("loss").tag(sync=True)
    """What the vertical axis shows."""

    def __init__(self, run: Run, title: str = "Training", loss: str = "loss"):
        self.run = run
        self._curve = Curve()
        self._n_sent, self._n_asked, self._greeted = 0, 0, False
        self._last_state: dict[str, Any] = {}
        self._news, self._closed, self._sending = threading.Event(), threading.Event(), threading.Lock()
        self._unsubscribe = run.subscribe(lambda _: self._news.set())
        super().__init__(title=title, loss=loss)
        answer_while_busy(self)
        self.on_msg(self._hear)
        self._news.set()
        self._pump = threading.Thread(target=self._tell_until_end, name="nbreg-live-view", daemon=True)
        self._pump.start()

    def __repr__(self) -> str:
        return f"Live view of a training: {self.title}"

    def close(self) -> None:
        """Stop listening to the run and leave the notebook; the run goes on."""
        self._closed.set()
        self._news.set()
        self._unsubscribe()
        super().close()

    # What the view asks: it is only passed on, so that no click waits for the training or holds it up.

    def _hear(self, _: object, message: dict[str, Any], buffers: list[bytes]) -> None:
        kind = message.get("kind")
        if kind == "hello":
            self._greeted = True
            self._tell(whole=True)
            return
        if kind == "learning_rate":
            self._change_learning_rate(message.get("value"))
        elif kind in ("stop", "pause", "resume"):
            getattr(self.run, f"request_{kind}")()
        self._n_asked += 1  # tells the view that it was heard
        self._news.set()

    def _change_learning_rate(self, value: object) -> None:
        if isinstance(value, int | float) and math.isfinite(value) and value > 0:
            self.run.set_learning_rate(float(value))

    # What the view is told: by one thread, at its own pace, whatever the speed of the training.

    def _tell_until_end(self) -> None:
        told_all = 0.0
        while not self._closed.is_set():
            self._news.wait(None if self._greeted else UNASKED)
            self._news.clear()
            ended = self.run.ended  # before the rows are read: then none comes after the last
            now = time.monotonic()
            whole = not self._greeted and now - told_all >= UNASKED
            told_all = now if whole else told_all
            self._tell(whole or (ended and not self._greeted))
            if ended:
                self._unsubscribe()
                return
            self._closed.wait(INTERVAL)

    def _tell(self, whole: bool) -> None:
        """Send the rows since the last update, or the whole history, and how the run stands."""
        with self._sending:
            if self._closed.is_set():
                return
            self._curve.extend(self.run.rows_since(len(self._curve)))
            start = 0 if whole else self._n_sent
            rows, state = thinned(self._curve.since(start), MOST_ROWS), self._state()
            if not whole and not len(rows) and state == self._last_state:
                return
            message = {"kind": "rows", "start": start, "end": len(self._curve), "state": state}
            self.send(message, buffers=[rows.tobytes()])
            self._n_sent, self._last_state = len(self._curve), state

    def _state(self) -> dict[str, Any]:
        """Return how the run stands, with its words ready to be shown."""
        run = self.run
        return {
            "status": run.status,
            "stopping": run.stop_wanted and not run.ended,
            "epochs": run.epochs,
            "progress": round(run.progress, 3),
            "where": self._where(),
            **self._pace(),
            "best": self._best(),
            "learning_rate": run.learning_rate,
            "changes": [list(change) for change in run.changes],
            "error": " ".join(str(run.error).split()) if run.error is not None else "",
            "asked": self._n_asked,
        }

    def _where(self) -> str:
        run, done = self.run, len(self._curve)
        if run.status == "pending":
            return "Preparing"
        if run.ended:
            return f"{done:,} of {run.epochs:,} epochs"
        return f"Epoch {min(int(run.progress) + 1, run.epochs):,} of {run.epochs:,}"

    def _pace(self) -> dict[str, str]:
        run = self.run
        if run.ended:
            return {"left": f"in {duration(run.seconds)}" if run.seconds else "", "speed": ""}
        if run.status == "running" and not run.progress:
            return {"left": "getting ready", "speed": ""}
        if run.status != "running" or not run.epochs_per_second:
            return {"left": "", "speed": ""}
        left = (run.epochs - run.progress) / run.epochs_per_second
        return {"left": f"{duration(left)} left", "speed": speed(run.epochs_per_second)}

    def _best(self) -> dict[str, Any] | None:
        best = self.run.best
        if best is None:
            return None
        validated = not math.isnan(best.val_loss)
        words = figure(best.val_loss if validated else best.loss)
        return {"epoch": best.epoch, "validated": validated, "words": words}
