"""The live view of a training: its curves as they grow, how long it still takes, and the means to steer it."""

from __future__ import annotations

import math
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from nbreg.panels.following import Following
from nbreg.panels.routing import answer_while_busy
from nbreg.panels.static_files import joined, styled
from nbreg.training.run import Run


class LiveView(anywidget.AnyWidget):
    """Shows a `Run` in the notebook, from its first epoch to its end, and passes on what is asked of it.

    Any number of views, of one or more front ends, may show the same object: each asks for the whole history
    when it appears and is then sent the rows that are new. A view ends with its run; `close` ends it sooner.
    """

    _esm = joined("dom.js", "picture.js", "chart.js", "learning_curve.js", "curve_view.js", "run_view.js", "live.js")
    _css = styled("live", "picture.css", "curve.css", "run.css", "live.css")

    title = traitlets.Unicode("Training").tag(sync=True)
    """What is trained, as the view's heading."""

    loss = traitlets.Unicode("loss").tag(sync=True)
    """What the vertical axis shows."""

    def __init__(self, run: Run, title: str = "Training", loss: str = "loss"):
        self.run = run
        self._following = Following(run, self._tell)
        super().__init__(title=title, loss=loss)
        answer_while_busy(self)
        self.on_msg(self._hear)
        self._following.begin()

    def __repr__(self) -> str:
        return f"Live view of a training: {self.title}"

    def close(self) -> None:
        """Stop listening to the run and leave the notebook; the run goes on."""
        self._following.close()
        super().close()

    # What the view asks: it is only passed on, so that no click waits for the training or holds it up.

    def _hear(self, _: object, message: dict[str, Any], buffers: list[bytes]) -> None:
        kind = message.get("kind")
        if kind == "hello":
            self._following.greet()
            return
        if kind == "learning_rate":
            self._change_learning_rate(message.get("value"))
        elif kind in ("stop", "pause", "resume"):
            getattr(self.run, f"request_{kind}")()
        self._following.acknowledge()

    def _change_learning_rate(self, value: object) -> None:
        if isinstance(value, int | float) and math.isfinite(value) and value > 0:
            self.run.set_learning_rate(float(value))

    def _tell(self, rows: NDArray[np.float32], *, start: int, end: int, state: dict[str, Any]) -> None:
        self.send({"kind": "rows", "start": start, "end": end, "state": state}, buffers=[rows.tobytes()])
