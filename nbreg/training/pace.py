"""How much one call of a compiled function does: about a tenth of a second's work."""

from __future__ import annotations

from nbreg.training.compiled_epochs import Shape, Span
from nbreg.training.steering_plan import Place

#: Seconds that a call aims at. What is asked for meanwhile waits for its end.
TARGET_SECONDS = 0.08
#: Train steps of a call before the speed is known: so many, or those with so many rows.
_FIRST_STEPS, _FIRST_ROWS = 8, 4_096


class Pace:
    """Cuts epochs into calls: several epochs where they are short, some steps of one where it is long.

    How they are cut makes no difference to the weights. Work is counted in train steps.
    """

    def __init__(self, shape: Shape, seconds_a_step: float | None = None, most_epochs: int | None = None):
        self.shape, self.seconds_a_step = shape, seconds_a_step
        self._most_epochs = min(most_epochs or shape.epochs_a_call, shape.epochs_a_call)
        self._compiled = False
        # A row costs a train step, which goes through the network forth and back, three times as much.
        self._validation_step = shape.validation_batch_size / (3 * shape.batch_size)

    @property
    def epochs_per_second(self) -> float | None:
        return None if self.seconds_a_step is None else 1 / (self.seconds_a_step * self._work(0, self.shape.n_units))

    def span(self, epoch: int, unit: int, epochs_left: int, until: Place | None = None) -> Span:
        """Return what to do next, from `unit` of `epoch` on; it does not go beyond `until`."""
        last = self.shape.n_units
        if until is not None and until.epoch == epoch:
            last = until.unit
        elif until is not None:
            epochs_left = min(epochs_left, until.epoch - epoch)
        known = self.seconds_a_step
        budget = min(_FIRST_STEPS, _FIRST_ROWS / self.shape.batch_size) if known is None else TARGET_SECONDS / known
        n_epochs = int(budget / self._work(0, self.shape.n_units))
        if unit == 0 and n_epochs >= 1 and last == self.shape.n_units:
            return Span(epoch, min(n_epochs, self._most_epochs, epochs_left), 0, self.shape.n_units)
        return Span(epoch, 1, unit, min(self._reach(unit, budget), last))

    def note(self, span: Span, n_epochs: int, seconds: float) -> None:
        """Learn from a call that took `seconds`; `n_epochs` is how many of its epochs it got through."""
        if not self._compiled:  # the first call may have spent its time on compiling
            self._compiled = True
            return
        measured = max(seconds, 1e-6) / (max(n_epochs, 1) * self._work(span.first, span.last))
        known = self.seconds_a_step
        self.seconds_a_step = measured if known is None else 0.5 * (known + measured)

    def _work(self, first: int, last: int) -> float:
        n_steps = self.shape.n_steps
        n_validation = max(last, n_steps) - max(first, n_steps)
        return min(last, n_steps) - min(first, n_steps) + n_validation * self._validation_step

    def _reach(self, unit: int, budget: float) -> int:
        """Return where to stop, at least one unit on."""
        n_steps = self.shape.n_steps
        train = min(max(n_steps - unit, 0), int(budget))
        validation = int((budget - train) / self._validation_step) if unit + train >= n_steps else 0
        return min(unit + max(train + validation, 1), self.shape.n_units)
