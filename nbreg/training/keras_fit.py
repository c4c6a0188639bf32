"""A training by Keras's own fit, for what compiled epochs cannot carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.training.optimizers import make_optimizer
from nbreg.training.run import Row, Run
from nbreg.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE
from nbreg.training.steering_plan import Place, SteeringPlan

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays
    from nbreg.training.compiled_epochs import Shape
    from nbreg.training.schedules import LearningRates
    from nbreg.training.spec import TrainingSpec


class KerasFit:
    """One training by ``network.fit``, in the same order and with the same ends as a compiled one."""

    def __init__(
        self, network: keras.Model, arrays: Arrays, shape: Shape, spec: TrainingSpec, run: Run, rates: LearningRates,
        seed: int, callbacks: Sequence[Any] = (),
    ):  # fmt: skip
        self.network, self.arrays, self.shape, self.spec, self.run = network, arrays, shape, spec, run
        self.rates, self.seed, self.callbacks = rates, seed, list(callbacks)

    def go(self, keep_last: bool = False) -> str:
        """Train to the end and return how it ended: finished, stopped or failed.

        The network then has the best weights or the last ones, as `nbreg.training.fit.train` says.
        """
        eagerly = bool(getattr(self.network, "run_eagerly", False))
        self.network.compile(
            make_optimizer(self.spec, self.rates.at(0)),
            self.spec.make_loss(),
            run_eagerly=eagerly,
            jit_compile=False if eagerly else "auto",
        )
        steering = _make_steering(self)
        try:
            self._fit(steering)
        except KeyboardInterrupt:
            steering.status = "stopped"
        except BaseException:
            steering.status = "failed"
            raise
        finally:
            steering.settle_weights(keep_last)
        return str(steering.status)

    def _fit(self, steering: Any) -> None:
        has_validation = self.arrays.x_val is not None
        self.network.fit(
            _make_ordered_rows(self),
            epochs=self.spec.epochs,
            validation_data=(self.arrays.x_val, self.arrays.y_val) if has_validation else None,
            validation_batch_size=self.shape.validation_batch_size,
            shuffle=False,
            verbose=0,
            callbacks=[steering, *self.callbacks],
        )


def _make_ordered_rows(fit: KerasFit) -> Any:
    """Return the train rows, in the order of each epoch, as ``keras.Model.fit`` takes them."""
    import keras

    class OrderedRows(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._epoch = -1
            self._order = self._order_of(0)  # Keras looks at a batch beforehand

        def __len__(self) -> int:
            return fit.shape.n_steps

        def on_epoch_begin(self) -> None:
            self._epoch += 1
            self._order = self._order_of(self._epoch)

        def _order_of(self, epoch: int) -> Any:
            return fit.arrays.order(fit.seed, epoch, fit.shape.batch_size)

        def __getitem__(self, step: int) -> tuple[Any, Any]:
            rows = self._order[step * fit.shape.batch_size : (step + 1) * fit.shape.batch_size]
            return fit.arrays.x[rows], fit.arrays.y[rows]

    return OrderedRows()


def _make_steering(fit: KerasFit) -> Any:
    """Return the callback that follows the run's wishes, watches the losses and keeps the best weights."""
    import keras

    class Steering(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.status = "finished"
            self.best, self.best_weights = np.inf, fit.network.get_weights()
            self.best_epoch, self.wait = -1, 0
            self.plateau_wait, self.scale, self.epoch, self.is_cut_short = 0, 1.0, 0, False
            self.plan = SteeringPlan(fit.spec, fit.shape.n_units)

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch
            self.model.optimizer.learning_rate = fit.rates.at(epoch) * self.scale
            self._follow_wishes(Place(epoch, 0))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if not np.isfinite(logs["loss"]):
                self._end("failed")
            self._after_unit(batch + 1)

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            self._after_unit(fit.shape.n_steps + batch + 1)

        def _after_unit(self, n_done: int) -> None:
            fit.run.report(self.epoch + n_done / fit.shape.n_units)
            fit.run.hold(self.model)
            if n_done < fit.shape.n_units:  # else a wish is for the next epoch
                self._follow_wishes(Place(self.epoch, n_done))
            if fit.run.stop_wanted:
                self._end("stopped")

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if self.is_cut_short:  # its losses are of a part of the rows
                return
            row = Row(epoch + 1, logs["loss"], logs.get("val_loss", np.nan), float(self.model.optimizer.learning_rate))
            self._judge(row)
            if self.status != "failed":
                fit.run.record([row])
            if self.status == "finished" and not self.model.stop_training and self.plan.ends_at(row.epoch):
                self._end("stopped")

        def _judge(self, row: Row) -> None:
            has_validation = fit.arrays.x_val is not None
            seen = row.val_loss if has_validation else row.loss
            if not np.isfinite(row.loss) or np.isnan(seen):
                self._end("failed")
            elif seen < self.best:
                self.best, self.best_epoch, self.wait, self.plateau_wait = seen, row.epoch - 1, 0, 0
                self.best_weights = self.model.get_weights()
            else:
                self.wait, self.plateau_wait = self.wait + 1, self.plateau_wait + 1
                if fit.rates.falls_on_plateau and self.plateau_wait >= PLATEAU_PATIENCE:
                    self.plateau_wait, self.scale = 0, self.scale * PLATEAU_FACTOR
                if 0 < fit.spec.patience <= self.wait and row.epoch > 1:
                    self.model.stop_training = True

        def _follow_wishes(self, place: Place) -> None:
            for wanted in (self.plan.take_learning_rate(place), fit.run.take_learning_rate()):
                if wanted is not None:
                    fit.rates.change(wanted, self.epoch, self.scale)
                    self.model.optimizer.learning_rate = wanted
                    fit.run.note_change(place.progress(fit.shape.n_units), wanted)

        def _end(self, status: str) -> None:
            self.status, self.is_cut_short = status, True
            self.model.stop_training = self.model.stop_evaluating = True

        def settle_weights(self, keep_last: bool) -> None:
            last_are_wanted = (self.status == "finished" and not fit.spec.patience) or (
                keep_last and self.status != "failed"
            )
            none_was_best = self.status != "failed" and self.best_epoch < 0
            if not (last_are_wanted or none_was_best):
                fit.network.set_weights(self.best_weights)

    return Steering()
