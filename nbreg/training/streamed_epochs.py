"""Keras's own ``train_step`` over blocks of rows that come one after the other, in compiled functions.

What `CompiledEpochs` does in one function for rows in memory is parted in two here: train steps on one block, and
the end of an epoch with validation, early stopping and best weights. The steps are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbreg.networks.draws import generator_named
from nbreg.training.compiled_epochs import TRACING, CompiledEpochs, Shape, Span, Watch, when
from nbreg.training.schedules import PLATEAU_PATIENCE
from nbreg.training.streamed_feed import Feed

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays


class StreamedEpochs(CompiledEpochs):
    """A compiled Keras model, and the functions that train it block by block; `shape` is that of all rows."""

    def __init__(self, model: keras.Model, shape: Shape, *, xla: bool):
        import tensorflow as tf

        super().__init__(model, shape, xla=xla)
        self._steps = tf.function(self._steps_of_block, jit_compile=xla, autograph=False)
        self._end = tf.function(self._end_of_epoch, jit_compile=xla, autograph=False)

    def tensors(self, arrays: Arrays) -> tuple[Any, ...]:
        """Return nothing: rows come block by block."""
        return ()

    def run_block(self, feed: Feed, span: Span, rate: float, watch: Watch) -> Watch:
        """Do the train steps of a span, of one epoch, and return the watch with the epoch's loss so far."""
        import tensorflow as tf

        loss = tf.constant(watch.loss, tf.float32)
        begins = span.first == 0
        for x, y, first, last in feed.parts(span.epoch, span.first, min(span.last, self.shape.n_steps)):
            numbers = tf.constant(first), tf.constant(last), tf.constant(begins), tf.constant(rate, tf.float32)
            with TRACING, generator_named():
                steps = self._steps.get_concrete_function(x, y, *numbers)
            loss, begins = steps(x, y, *numbers), False
        return watch._replace(loss=float(loss))

    def run_end(
        self, feed: Feed, span: Span, rate: float, watch: Watch, falls: bool
    ) -> tuple[Watch, npt.NDArray[np.float32]]:
        """Do the validation steps of a span; return the watch and the epoch's loss, val_loss and rate, if it ended."""
        import tensorflow as tf

        counts = [tf.constant(n) for n in (span.epoch, max(span.first, self.shape.n_steps), span.last)]
        packed = tf.constant(watch, tf.float32), tf.constant(rate, tf.float32)
        plateau_patience = tf.constant(PLATEAU_PATIENCE if falls else 0)
        with TRACING:
            end = self._end.get_concrete_function(feed.validation, *packed, *counts, plateau_patience)
        seen, log = end(feed.validation, *packed, *counts, plateau_patience)
        ended = span.last == self.shape.n_units
        return Watch(*seen.numpy().tolist()), log.numpy()[None][: int(ended)]

    # In the graph

    def _steps_of_block(self, x: Any, y: Any, first: Any, last: Any, begins: Any, rate: Any) -> Any:
        import tensorflow as tf

        def step_on(start: Any, size: Any) -> None:
            self._train_step(*(tf.slice(each, [start, 0], [size, each.shape[1]]) for each in (x, y)))

        when(begins, self.model.reset_metrics)
        self.model.optimizer.learning_rate.assign(rate)
        self._batches(first, last, x.shape[0], self.shape.batch_size, step_on)
        return self._loss()

    def _end_of_epoch(
        self, validation: Any, seen: Any, rate: Any, epoch: Any, first: Any, last: Any, plateau_patience: Any
    ) -> Any:
        import tensorflow as tf

        # The tracker of the loss is needed anew: by the validation, or by the next epoch.
        when(tf.equal(first, self.shape.n_steps), self.model.reset_metrics)
        val_loss = self._validate(validation[0], validation[1], first, last)
        ends = tf.equal(last, self.shape.n_units)
        watch = self._judge(Watch(*tf.unstack(seen)), val_loss, epoch, plateau_patience, ends)
        return tf.stack(list(watch)), tf.stack([watch.loss, val_loss, rate])
