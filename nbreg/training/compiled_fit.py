"""A training by compiled epochs: between calls it is steered, and tells what it has reached."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.training.compiled_epochs import CompiledEpochs, Span, Watch
from nbreg.training.pace import Pace
from nbreg.training.run import Row, Run
from nbreg.training.steering_plan import Place, SteeringPlan

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays
    from nbreg.training.schedules import LearningRates
    from nbreg.training.spec import TrainingSpec


class CompiledFit:
    """One training of a trainer's model; `go` runs it to its end."""

    def __init__(
        self, trainer: CompiledEpochs, arrays: Arrays, spec: TrainingSpec, run: Run, rates: LearningRates, seed: int,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ):  # fmt: skip
        import keras

        self.trainer, self.spec, self.run, self.rates, self.seed = trainer, spec, run, rates, seed
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=trainer.model, epochs=spec.epochs, steps=trainer.shape.n_steps
        ) if callbacks else None  # fmt: skip
        self.watch, self._arrays = Watch(), arrays
        self._plan = SteeringPlan(spec, trainer.shape.n_units)
        self._rows = trainer.tensors(arrays)
        self._pace = Pace(trainer.shape, trainer.seconds_a_step, most_epochs=1 if callbacks else None)
        self._orders: tuple[Span | None, Any] = (None, None)
        self._rate_set: np.float32 | None = None

    def go(self, keep_last: bool = False) -> str:
        """Train to the end and return how it ended: finished, stopped or failed.

        The model then has the best weights or the last ones, as `nbreg.training.fit.train` says.
        """
        status = "failed"
        self.trainer.model.stop_training = False
        try:
            self._call_back("on_train_begin")
            status = self._train()
        except KeyboardInterrupt:
            status = "stopped"
        finally:
            self.trainer.seconds_a_step = self._pace.seconds_a_step
            self._settle_weights(status, keep_last)
        self._call_back("on_train_end")
        return status

    def _train(self) -> str:
        epoch = unit = 0
        while epoch < self.spec.epochs and not self._out_of_patience(epoch):
            self.run.hold(self.trainer.model)
            if self.run.stop_wanted or self._plan.ends_at(epoch):
                return "stopped"
            self._follow_wishes(Place(epoch, unit))
            if unit == 0:
                self._begin_epoch(epoch)
            span, log = self._run_some(epoch, unit)
            epoch, unit = (epoch + len(log), 0) if span.last == self.trainer.shape.n_units else (epoch, span.last)
            self.run.report(epoch + unit / self.trainer.shape.n_units, self._pace.epochs_per_second)
            self._end_epochs(span, log)
            if self.watch.failed or not np.isfinite(self.watch.loss):
                return "failed"
            if self.trainer.model.stop_training:
                return "finished"
        return "finished"

    def _run_some(self, epoch: int, unit: int) -> tuple[Span, Any]:
        span = self._pace.span(epoch, unit, self._plan.last_epoch - epoch, self._plan.next_place())
        log = self._call(span)
        if self.callbacks is not None:
            self._rate_set = np.float32(self.trainer.model.optimizer.learning_rate)
        return span, log

    def _call(self, span: Span) -> Any:
        """Train over a span, and return a row for each of its epochs that ended: loss, val_loss, rate."""
        orders = self._orders_for(span)
        rates = np.zeros(self.trainer.shape.epochs_a_call, np.float32)
        rates[: span.n_epochs] = [self.rates.at(span.epoch + i) for i in range(span.n_epochs)]
        begun = time.perf_counter()
        self.watch, n_ended, log = self.trainer.run(
            self._rows, orders, rates, span, self.watch, self.spec.patience, self.rates.falls_on_plateau
        )
        self._pace.note(span, n_ended, time.perf_counter() - begun)
        return log

    def _orders_for(self, span: Span) -> Any:
        """Return the orders of the span's epochs, int32 ``(epochs_a_call, n_rows)``; those of a long epoch are kept."""
        import tensorflow as tf

        of, orders = self._orders
        if of is None or (of.epoch, of.n_epochs) != (span.epoch, span.n_epochs):
            table = np.zeros((self.trainer.shape.epochs_a_call, self.trainer.shape.n_rows), np.int32)
            for i in range(span.n_epochs):
                table[i] = self._arrays.order(self.seed, span.epoch + i, self.trainer.shape.batch_size)
            orders = tf.constant(table)
            self._orders = span, orders
        return orders

    def _out_of_patience(self, epoch: int) -> bool:
        return epoch > 1 and 0 < self.spec.patience <= self.watch.wait

    def _follow_wishes(self, place: Place) -> None:
        """Make the learning rate what is planned for this place, or what is wished live, which counts for more."""
        for wanted in (self._plan.take_learning_rate(place), self.run.take_learning_rate()):
            if wanted is not None:
                self.rates.change(wanted, place.epoch, self.watch.scale)
                self.run.note_change(place.progress(self.trainer.shape.n_units), wanted)

    def _begin_epoch(self, epoch: int) -> None:
        """Let callbacks begin the epoch; a learning rate that one of them sets counts as one set live."""
        if self.callbacks is None:
            return
        self._follow_callbacks(epoch)  # what they set when the last epoch ended
        self._rate_set = np.float32(self.rates.at(epoch) * self.watch.scale)
        self.trainer.model.optimizer.learning_rate = float(self._rate_set)
        self.callbacks.on_epoch_begin(epoch)
        self._follow_callbacks(epoch)

    def _follow_callbacks(self, epoch: int) -> None:
        found = np.float32(self.trainer.model.optimizer.learning_rate)
        if self._rate_set is not None and found != self._rate_set:
            self.rates.change(float(found), epoch, self.watch.scale)
            self.run.learning_rate = float(found)
            self._rate_set = found

    def _end_epochs(self, span: Span, log: Any) -> None:
        rows = [Row(span.epoch + 1 + i, *map(float, each)) for i, each in enumerate(log)]
        if rows and self.watch.failed:
            rows.pop()  # it has no losses to show
        self.run.record(rows)
        if self.callbacks is not None:
            for row in rows:
                logs = {"loss": row.loss, "val_loss": row.val_loss}
                self.callbacks.on_epoch_end(row.epoch - 1, {k: v for k, v in logs.items() if not np.isnan(v)})

    def _call_back(self, hook: str) -> None:
        if self.callbacks is not None:
            getattr(self.callbacks, hook)()

    def _settle_weights(self, status: str, keep_last: bool) -> None:
        """Leave the best weights, or the last ones of a training that finished without early stopping.

        Where a training was stopped before any epoch ended, its last weights are the best that there are.
        """
        last_are_wanted = (status == "finished" and not self.spec.patience) or (keep_last and status != "failed")
        none_was_best = status != "failed" and self.watch.best_epoch < 0
        if not (last_are_wanted or none_was_best):
            for weight, best in zip(self.trainer.model.weights, self.trainer.best_weights, strict=True):
                weight.assign(best)
