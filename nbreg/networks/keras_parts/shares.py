"""Predictions that are shares of a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class Shares(keras.layers.Layer):  # type: ignore[misc]
    """The softmax of ``(..., n_targets)``, in scaled units: less each share's train `mean`, divided by its `scale`.

    Zeros give the means: that is where training begins.
    """

    def __init__(self, mean: Sequence[float], scale: Sequence[float], **kwargs: Any):
        super().__init__(**kwargs)
        self.mean, self.scale = tuple(mean), tuple(scale)

    def call(self, logits: Any) -> Any:
        mean, scale, start = (
            ops.convert_to_tensor(each, logits.dtype) for each in (self.mean, self.scale, [*map(math.log, self.mean)])
        )
        return (ops.softmax(logits + start, axis=-1) - mean) / scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "scale": self.scale}
