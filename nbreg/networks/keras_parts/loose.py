"""Dropout and penalties whose numbers are data, so that what is compiled once serves any rate and any strength.

In Keras's own they are constants of the program. What comes out is the same bit for bit, but where XLA multiplies such
a constant into another one: behind selu and leaky_relu, dropout there differs from Keras's in the last bits.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class LooseDropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras's dropout of float32 inputs, at a rate above 0 and below 1 that `fill` may change at any time."""

    def __init__(self, rate: float, **choices: Any):
        super().__init__(rate, **choices)
        self._rate, self._scale = (tf.Variable(0.0, trainable=False) for _ in range(2))
        self.fill(rate)

    def fill(self, rate: float) -> None:
        """Drop at this rate from now on."""
        self.rate = rate
        self._rate.assign(rate)
        self._scale.assign(1 / (1 - rate))

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        sizes = self.noise_shape or (None,) * len(inputs.shape)
        shape = [there if size is None else size for size, there in zip(sizes, ops.shape(inputs), strict=True)]
        drawn = keras.random.uniform(shape, dtype=inputs.dtype, seed=self.seed_generator)
        return tf.where(drawn >= self._rate, inputs * self._scale, 0.0)


class LoosePenalty(keras.regularizers.Regularizer):  # type: ignore[misc]
    """``l1 * sum|w| + l2 * sum w^2`` of float32 weights; strengths that are not 0 may be changed by `fill`."""

    def __init__(self, l1: float, l2: float):
        self._l1, self._l2 = (tf.Variable(each, trainable=False) if each else None for each in (l1, l2))

    def fill(self, l1: float, l2: float) -> None:
        """Penalise as strongly as this from now on."""
        for variable, strength in ((self._l1, l1), (self._l2, l2)):
            if variable is not None:
                variable.assign(strength)

    def __call__(self, x: Any) -> Any:
        absolute = [] if self._l1 is None else [self._l1 * ops.sum(ops.absolute(x))]
        squared = [] if self._l2 is None else [self._l2 * ops.sum(ops.square(x))]
        return sum([*absolute, *squared])
