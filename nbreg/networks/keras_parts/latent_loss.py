"""The negative log likelihood of what latent points are decoded to."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from nbreg.networks.latent_mixture import n_points_of


@keras.saving.register_keras_serializable(package="nbreg")
class LatentLoss(keras.losses.Loss):  # type: ignore[misc]
    """The negative log likelihood a row, in nats, of scaled targets ``(n_rows, n_targets)``.

    It is that of a mixture in which all points count alike; for the outputs of one point that of a normal
    distribution. What the outputs hold: `nbreg.networks.latent_mixture`. Missing targets, NaN, count for nothing.
    """

    def __init__(self, name: str = "latent_loss"):
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        n_targets, n_points = y_true.shape[1], n_points_of(y_pred, y_true.shape[1])
        parts = ops.reshape(y_pred[:, n_targets:], (-1, 2, n_points, n_targets))
        means, spreads = parts[:, 0], parts[:, 1]
        is_known = ops.logical_not(ops.isnan(y_true))[:, None]
        # Put in place before anything is computed: behind it the gradient, too, would be no number.
        y = ops.where(is_known, y_true[:, None], ops.stop_gradient(means))
        terms = ops.square((y - means) / spreads) / 2 + ops.log(spreads) + math.log(2 * math.pi) / 2
        of_points = -ops.sum(ops.where(is_known, terms, 0.0), axis=-1)
        return math.log(n_points) - ops.logsumexp(of_points, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}
