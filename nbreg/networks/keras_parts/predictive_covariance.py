"""How far a linear layer with a posterior of its weights is unsure, row by row."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class PredictiveCovariance(keras.layers.Layer):  # type: ignore[misc]
    """The covariance of all targets, noise included, from features ``(n_rows, n_features)``.

    It is ``A diag(v) A'`` with ``v = (h V)^2 G + 1``, where `basis` V ``(n_features, n_features)``, `gains` G
    ``(n_features, n_targets)`` and `mixing` A ``(n_targets, n_targets)`` are a `Posterior`'s: nothing of it is trained
    by steps. The outputs ``(n_rows, n_targets (n_targets + 1) / 2)`` are the lower triangle, row by row.
    """

    def __init__(self, n_targets: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.n_targets = n_targets

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        n_features = int(input_shape[-1] or 1)
        identity = keras.initializers.Identity()
        self.basis = self.add_weight((n_features, n_features), identity, trainable=False, name="basis")
        self.gains = self.add_weight((n_features, self.n_targets), "ones", trainable=False, name="gains")
        self.mixing = self.add_weight((self.n_targets, self.n_targets), identity, trainable=False, name="mixing")

    def call(self, features: Any) -> Any:
        spread = ops.matmul(ops.square(ops.matmul(features, self.basis)), self.gains) + 1.0
        row, column = np.tril_indices(self.n_targets)
        pairs = ops.take(self.mixing, row, axis=0) * ops.take(self.mixing, column, axis=0)
        return ops.matmul(spread, ops.transpose(pairs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.n_targets * (self.n_targets + 1) // 2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_targets": self.n_targets}
