"""Random features whose products are a Gaussian kernel."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class RandomFourierFeatures(keras.layers.Layer):  # type: ignore[misc]
    """Cosines and sines of random projections: from ``(n_rows, n_features)`` to ``(n_rows, 2 * n_frequencies)``.

    The product of two rows' features is, but for an error of the order ``1 / sqrt(n_frequencies)``, the Gaussian
    kernel ``exp(-|h - h'|^2 / (2 lengthscale^2))``; of a row's with themselves it is exactly 1 (Rahimi & Recht 2007,
    "Random features for large-scale kernel machines"). The frequencies are drawn once; the lengthscale is learned,
    beginning with ``sqrt(n_features)``, about the distance of two rows of standardised features.
    """

    def __init__(self, n_frequencies: int, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.n_frequencies, self.seed = n_frequencies, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        n_features = int(input_shape[-1] or 1)
        self.frequencies = self.add_weight(
            (n_features, self.n_frequencies),
            keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=False,
            name="frequencies",
        )
        first = keras.initializers.Constant(math.log(n_features) / 2)
        # As a logarithm, for steps of training are then shares of it and it stays positive.
        self.log_lengthscale = self.add_weight((), first, name="log_lengthscale")

    def call(self, features: Any) -> Any:
        angles = ops.matmul(features * ops.exp(-self.log_lengthscale), self.frequencies)
        return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1) / math.sqrt(self.n_frequencies)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 2 * self.n_frequencies)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_frequencies": self.n_frequencies, "seed": self.seed}
