"""A training on rows that are streamed: steered, watched and told of as one on rows in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import OptionError
from nbreg.training.arrays import Arrays
from nbreg.training.compiled_epochs import TRACING, Shape, Span
from nbreg.training.compiled_fit import CompiledFit
from nbreg.training.engines import why_keras
from nbreg.training.optimizers import make_optimizer
from nbreg.training.pace import Pace
from nbreg.training.run import Run
from nbreg.training.spec import TrainingSpec
from nbreg.training.streamed_arrays import StreamedArrays
from nbreg.training.streamed_epochs import StreamedEpochs
from nbreg.training.streamed_feed import Feed

if TYPE_CHECKING:
    import keras

    from nbreg.training.schedules import LearningRates


def check_streamed(network: keras.Model, arrays: Arrays, spec: TrainingSpec, callbacks: Sequence[object]) -> None:
    """Raise OptionError where rows are streamed and only Keras's own fit could train the network."""
    if isinstance(arrays, StreamedArrays):
        reason = why_keras(network, callbacks) or ("engine=keras was asked for" if spec.engine == "keras" else "")
        if reason:
            raise OptionError(
                f"A streamed table cannot be trained on by Keras's own fit, which would be needed for {reason}: read "
                "it into memory with stream=no (--stream no)."
            )


def fit_streamed(
    network: keras.Model, arrays: StreamedArrays, shape: Shape, spec: TrainingSpec, run: Run, rates: LearningRates,
    seed: int, callbacks: Sequence[keras.callbacks.Callback], keep_last: bool,
) -> str:  # fmt: skip
    """Train `network` in place and return how it ended: finished, stopped or failed."""
    xla = run.engine == "xla"
    with TRACING:
        network.compile(make_optimizer(spec, 1e-3), spec.make_loss(), jit_compile=xla)
        trainer = StreamedEpochs(network, shape, xla=xla)
    trainer.keep_as_best()
    return StreamedFit(trainer, arrays, spec, run, rates, seed, callbacks).go(keep_last)


class StreamedFit(CompiledFit):
    """One training of a model, in place, on streamed rows; what a call covers never goes beyond an epoch."""

    trainer: StreamedEpochs

    def __init__(
        self, trainer: StreamedEpochs, arrays: StreamedArrays, spec: TrainingSpec, run: Run, rates: LearningRates,
        seed: int, callbacks: Sequence[keras.callbacks.Callback] = (),
    ):  # fmt: skip
        super().__init__(trainer, arrays, spec, run, rates, seed, callbacks)
        self._pace = Pace(trainer.shape, most_epochs=1)
        self._feed = Feed(arrays, trainer.shape, seed)

    def go(self, keep_last: bool = False) -> str:
        """Train to the end and return how it ended: finished, stopped or failed."""
        try:
            return super().go(keep_last)
        finally:
            self._feed.close()

    def _call(self, span: Span) -> Any:
        rate = float(np.float32(self.rates.at(span.epoch)) * np.float32(self.watch.scale))
        n_steps = self.trainer.shape.n_steps
        log, begun = np.zeros((0, 3), np.float32), time.perf_counter()
        if span.first < n_steps:
            self.watch = self.trainer.run_block(self._feed, span, rate, self.watch)
        if span.last > n_steps or span.last == self.trainer.shape.n_units:
            self.watch, log = self.trainer.run_end(self._feed, span, rate, self.watch, self.rates.falls_on_plateau)
        self._pace.note(span, 1, time.perf_counter() - begun)
        return log
