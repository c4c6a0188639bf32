"""A training by script, for tests of what is shown: losses by a formula, at a speed of one's choice.

It answers stop, pause and learning-rate change as a real training does, between two steps.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field

from nbreg.training.run import Row, Run


@dataclass
class Script:
    """Losses that fall to a floor; the validation loss has its minimum after `turning` of the epochs."""

    epochs: int = 200
    seconds: float = 10.0
    turning: float = 0.6
    validated: bool = True
    start: int = 0
    run: Run = field(init=False)

    def __post_init__(self) -> None:
        self.run = Run(self.epochs)
        self._noise = random.Random(0)
        self._rate = 0.001

    def row(self, epoch: int) -> Row:
        share = epoch / self.epochs
        noise = 1 + 0.05 * self._noise.uniform(-1, 1)
        loss = 0.05 + 0.95 * math.exp(-5 * share)
        gap = 0.03 + 0.12 * max(0.0, share - self.turning)
        val_loss = (loss + gap) * noise if self.validated else math.nan
        return Row(epoch, loss * (1 + 0.02 * self._noise.uniform(-1, 1)), val_loss, self._rate)

    def train(self) -> str:
        """Play the script in real time; return how it ended."""
        run, pause = self.run, self.seconds / self.epochs
        run.learning_rate = self._rate
        run.begin()
        if self.start:
            run.record([self.row(epoch) for epoch in range(1, self.start + 1)])
        for epoch in range(self.start + 1, self.epochs + 1):
            time.sleep(pause)
            run.hold(None)
            if run.stop_wanted:
                break
            wanted = run.take_learning_rate()
            if wanted is not None:
                self._rate = wanted
                run.note_change(run.progress, wanted)
            run.record([self.row(epoch)])
            run.report(epoch, 1 / pause)
        run.finish("stopped" if run.stop_wanted else "finished")
        return run.status
