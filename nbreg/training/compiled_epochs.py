"""Many epochs of Keras's own ``train_step`` and ``test_step`` in one compiled function.

``keras.Model.fit`` spends most of its time between steps when the steps are small. Here the steps are the
same, and so are the weights, bit for bit, given the same order of rows and the same ``jit_compile``; only
what lies between them is compiled too: order, validation, early stopping, best weights.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbreg.networks.draws import generator_named
from nbreg.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays

#: Orders of rows that one call takes: at most so many rows in all (int32), and so many epochs.
_ORDERED_ROWS, _MOST_EPOCHS = 2**18, 256
#: Keras builds and traces in one thread at a time; what is compiled runs in several.
TRACING = threading.Lock()


class Shape(NamedTuple):
    """How many rows there are of which width, and how many a step takes."""

    n_rows: int
    n_validation_rows: int
    n_inputs: int
    n_targets: int
    batch_size: int
    validation_batch_size: int

    @classmethod
    def of(cls, arrays: Arrays, batch_size: int, validation_batch_size: int) -> Shape:
        counts = arrays.n_rows, arrays.n_validation_rows, arrays.n_inputs, arrays.n_targets
        return cls(*counts, batch_size, validation_batch_size)

    @property
    def n_steps(self) -> int:
        """Train steps in an epoch; the last may have fewer rows."""
        return -(-self.n_rows // self.batch_size)

    @property
    def n_validation_steps(self) -> int:
        return -(-self.n_validation_rows // self.validation_batch_size)

    @property
    def n_units(self) -> int:
        """Steps of both kinds in an epoch: first those that train, then those that validate."""
        return self.n_steps + self.n_validation_steps

    @property
    def epochs_a_call(self) -> int:
        return int(np.clip(_ORDERED_ROWS // self.n_rows, 1, _MOST_EPOCHS))


class Span(NamedTuple):
    """What one call covers: units `first` to `last` (exclusive) of each of `n_epochs` epochs from `epoch` on."""

    epoch: int
    n_epochs: int
    first: int
    last: int


class Watch(NamedTuple):
    """What is carried from epoch to epoch: numbers outside, scalar tensors inside the compiled function.

    `loss` is the mean loss of the present epoch's train steps so far; `best` the smallest watched loss and
    `best_epoch` when it was (counted from 0, -1: never); `wait` counts epochs since; `plateau_best` and
    `plateau_wait` are the same for the fall of the learning rate, and `scale` what falls have come to.
    `failed` is 1 once a loss was no number.
    """

    loss: Any = 0.0
    best: Any = np.inf
    best_epoch: Any = -1.0
    wait: Any = 0.0
    plateau_best: Any = np.inf
    plateau_wait: Any = 0.0
    scale: Any = 1.0
    failed: Any = 0.0


class CompiledEpochs:
    """A compiled Keras model, and the function that trains it.

    `xla` says whether XLA compiles the function, or TensorFlow runs it as a graph. The rows are arguments
    of each call, so that other rows of the same shape need no new compilation. One thread at a time.
    """

    def __init__(self, model: keras.Model, shape: Shape, *, xla: bool):
        import tensorflow as tf

        self.model, self.shape, self.xla = model, shape, xla
        #: What a train step took in the last training, kept for the next one; only the cut into calls goes by it.
        self.seconds_a_step: float | None = None
        model.optimizer.build(model.trainable_variables)
        self.best_weights = [tf.Variable(w, trainable=False) for w in model.weights]
        rows = [tf.TensorSpec((None, n), tf.float32) for n in (shape.n_inputs, shape.n_targets)]
        # Both steps are traced once, for any number of rows, and compiled for each number they are used with.
        self._train_step = tf.function(lambda x, y: model.train_step((x, y)), input_signature=rows, autograph=False)
        self._test_step = tf.function(lambda x, y: model.test_step((x, y)), input_signature=rows, autograph=False)
        self._call = tf.function(self._epochs, jit_compile=xla, autograph=False)
        self._traced: Any = None
        self._sweep = tf.function(self._steps_at_rates, autograph=False)

    def tensors(self, arrays: Arrays) -> tuple[Any, ...]:
        """Return the rows as `run` takes them."""
        import tensorflow as tf

        empty = np.zeros((0, 1), np.float32)
        x_val, y_val = (empty, empty) if arrays.x_val is None else (arrays.x_val, arrays.y_val)
        return tuple(tf.constant(each) for each in (arrays.x, arrays.y, x_val, y_val))

    def run(
        self,
        rows: tuple[Any, ...],
        orders: Any,
        rates: npt.ArrayLike,
        span: Span,
        watch: Watch,
        patience: int,
        falls: bool,
    ) -> tuple[Watch, int, npt.NDArray[np.float32]]:
        """Train over `span`; return the watch, how many epochs ended, and a row for each: loss, val_loss, rate.

        `orders` is int32 ``(epochs_a_call, n_rows)``, `rates` float32 ``(epochs_a_call,)``. Epochs end early
        once `patience` (0: never) has run out or a loss is no number; `falls` lets plateaus scale the rates.
        """
        import tensorflow as tf

        counts = [tf.constant(n) for n in (*span, patience, PLATEAU_PATIENCE if falls else 0)]
        packed = tf.constant(watch, tf.float32), tf.constant(rates, tf.float32)
        if self._traced is None:
            with TRACING, generator_named():
                self._traced = self._call.get_concrete_function(rows, orders, *packed, *counts)
        seen, n_ended, log = self._traced(rows, orders, *packed, *counts)
        return Watch(*seen.numpy().tolist()), int(n_ended), log.numpy()[: int(n_ended)]

    def keep_as_best(self) -> None:
        """Take the present weights for the best ones."""
        for kept, weight in zip(self.best_weights, self.model.weights, strict=True):
            kept.assign(weight.value)

    def sweep(
        self, rows: tuple[Any, ...], batches: npt.NDArray[np.int32], rates: npt.ArrayLike
    ) -> npt.NDArray[np.float64]:
        """Take one step on each of `batches`, ``(n_steps, batch_size)``, each at its own of `rates`; return the losses.

        It is a graph whatever the engine: that is soon compiled, and there are few steps.
        """
        import tensorflow as tf

        with TRACING:
            losses = self._sweep(rows[0], rows[1], tf.constant(batches), tf.constant(rates, tf.float32))
        return losses.numpy().astype(np.float64)  # type: ignore[no-any-return]

    # In the graph

    def _steps_at_rates(self, x: Any, y: Any, batches: Any, rates: Any) -> Any:
        import tensorflow as tf

        def one_step(i: Any, losses: Any) -> Any:
            self.model.reset_metrics()
            self.model.optimizer.learning_rate.assign(rates[i])
            self._train_step(tf.gather(x, batches[i]), tf.gather(y, batches[i]))
            return i + 1, tf.tensor_scatter_nd_update(losses, [[i]], [self._loss()])

        start = tf.constant(0), tf.zeros_like(rates)
        return tf.while_loop(lambda i, _: i < tf.shape(batches)[0], one_step, start, parallel_iterations=1)[1]

    def _epochs(
        self,
        rows: Any,
        orders: Any,
        seen: Any,
        rates: Any,
        epoch: Any,
        n_epochs: Any,
        first: Any,
        last: Any,
        patience: Any,
        plateau_patience: Any,
    ) -> Any:
        """Run units `first` to before `last` of each epoch; what is carried goes as one vector, `seen`.

        (A vector is one thing for XLA to compile; eight scalars are eight.)
        """
        import tensorflow as tf

        ends = tf.equal(last, self.shape.n_units)

        def goes_on(i: Any, seen: Any, log: Any) -> Any:
            watch = Watch(*tf.unstack(seen))
            is_over = (patience > 0) & (watch.wait >= tf.cast(patience, tf.float32)) & (epoch + i > 1) & (i > 0)
            return (i < n_epochs) & ~is_over & (watch.failed < 1)

        def one_epoch(i: Any, seen: Any, log: Any) -> Any:
            watch = Watch(*tf.unstack(seen))
            rate = rates[i] * watch.scale
            self.model.optimizer.learning_rate.assign(rate)
            loss = self._train(rows[0], rows[1], orders[i], first, last, watch.loss)
            val_loss = self._validate(rows[2], rows[3], first, last)
            seen = tf.stack(self._judge(watch._replace(loss=loss), val_loss, epoch + i, plateau_patience, ends))
            return i + 1, seen, tf.tensor_scatter_nd_update(log, [[i]], [tf.stack([loss, val_loss, rate])])

        start = tf.constant(0), seen, tf.zeros((self.shape.epochs_a_call, 3))
        i, seen, log = tf.while_loop(goes_on, one_epoch, start, parallel_iterations=1)
        return seen, tf.where(ends, i, 0), log

    def _train(self, x: Any, y: Any, order: Any, first: Any, last: Any, loss: Any) -> Any:
        import tensorflow as tf

        n_steps = self.shape.n_steps

        def step_on(start: Any, size: Any) -> None:
            chosen = tf.slice(order, [start], [size])
            self._train_step(tf.gather(x, chosen), tf.gather(y, chosen))

        when(first == 0, self.model.reset_metrics)
        self._batches(first, tf.minimum(last, n_steps), self.shape.n_rows, self.shape.batch_size, step_on)
        loss = tf.where(first < n_steps, self._loss(), loss)
        # The tracker of the loss is needed anew: by the validation, or by the next epoch.
        when((first < n_steps) & (last >= n_steps), self.model.reset_metrics)
        return loss

    def _validate(self, x: Any, y: Any, first: Any, last: Any) -> Any:
        import tensorflow as tf

        if not self.shape.n_validation_rows:
            return tf.constant(np.nan, tf.float32)

        def step_on(start: Any, size: Any) -> None:
            self._test_step(*(tf.slice(each, [start, 0], [size, each.shape[1]]) for each in (x, y)))

        n_before, n_rows, batch_size = (
            self.shape.n_steps,
            self.shape.n_validation_rows,
            self.shape.validation_batch_size,
        )
        self._batches(tf.maximum(first - n_before, 0), last - n_before, n_rows, batch_size, step_on)
        return self._loss()

    def _batches(self, first: Any, last: Any, n_rows: int, batch_size: int, step_on: Any) -> None:
        """Call ``step_on(start, size)`` for batches `first` to before `last` of `n_rows` rows; the last may be short.

        XLA needs each size as a constant. A graph must not see it as one: where it does, TensorFlow multiplies
        with a mean's reciprocal, which stock ``fit`` does not, and the weights' last bits differ.
        """
        import tensorflow as tf

        def batch(number: Any) -> None:
            step_on(number * batch_size, tf.minimum(batch_size, n_rows - number * batch_size))

        def full(number: Any) -> None:
            step_on(number * batch_size, batch_size)

        def short(number: Any) -> None:
            step_on(n_full * batch_size, n_short)

        n_full, n_short = divmod(n_rows, batch_size)
        if not self.xla:
            _loop(first, last, batch)
            return
        if n_full:
            _loop(first, tf.minimum(last, n_full), full)
        if n_short:
            _loop(tf.maximum(first, n_full), last, short)

    def _loss(self) -> Any:
        import tensorflow as tf

        return tf.cast(self.model.get_metrics_result()["loss"], tf.float32)

    def _judge(self, watch: Watch, val_loss: Any, epoch: Any, plateau_patience: Any, ends: Any) -> Watch:
        """Compare the epoch with the best, as ``EarlyStopping`` and ``ReduceLROnPlateau`` do; where it `ends`."""
        import tensorflow as tf

        watched = val_loss if self.shape.n_validation_rows else watch.loss
        better = ends & (watched < watch.best)
        when(better, self.keep_as_best)
        rises = ends & (watched < watch.plateau_best)
        one_more = tf.cast(ends, tf.float32)
        plateau_wait = tf.where(rises, 0.0, watch.plateau_wait + one_more)
        falls = (plateau_patience > 0) & (plateau_wait >= tf.cast(plateau_patience, tf.float32))
        failed = ends & (~tf.math.is_finite(watch.loss) | tf.math.is_nan(watched))
        return Watch(
            loss=watch.loss,
            best=tf.where(better, watched, watch.best),
            best_epoch=tf.where(better, tf.cast(epoch, tf.float32), watch.best_epoch),
            wait=tf.where(better, 0.0, watch.wait + one_more),
            plateau_best=tf.where(rises, watched, watch.plateau_best),
            plateau_wait=tf.where(falls, 0.0, plateau_wait),
            scale=tf.where(falls, watch.scale * PLATEAU_FACTOR, watch.scale),
            failed=tf.where(failed, 1.0, watch.failed),
        )


def _loop(first: Any, last: Any, body: Any) -> None:
    """Call ``body(number)`` for the numbers from `first` to before `last`."""
    import tensorflow as tf

    def advance(number: Any) -> tuple[Any]:
        body(number)
        return (number + 1,)

    tf.while_loop(lambda number: number < last, advance, (first,), parallel_iterations=1)


def when(condition: Any, action: Any) -> None:
    """Do `action` where `condition` holds."""
    import tensorflow as tf

    def done() -> Any:
        action()
        return tf.constant(0)

    tf.cond(condition, done, lambda: tf.constant(0))
