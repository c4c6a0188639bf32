"""Loss weights that are learned with the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nbreg.networks.keras_parts.target_loss import TargetLoss


@keras.saving.register_keras_serializable(package="nbreg")
class LogVariances(keras.layers.Layer):  # type: ignore[misc]
    """Puts behind predictions ``(n_rows, n_targets)`` a trained number for each target, the same in all rows.

    It is the logarithm of the variance of what cannot be predicted of the target, for `LearnedLoss`; at first 0.
    """

    def build(self, input_shape: Any) -> None:
        self.log_variances = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="log_variances")

    def call(self, predictions: Any) -> Any:
        return ops.concatenate([predictions, ops.ones_like(predictions) * self.log_variances], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], 2 * input_shape[-1])


@keras.saving.register_keras_serializable(package="nbreg")
class LearnedLoss(TargetLoss):
    """The mean over targets of ``exp(-s) error + s``, where s is what `LogVariances` gives for the target.

    That is twice the negative log-likelihood of errors of variance ``exp(s)`` (Kendall, Gal & Cipolla 2018), shared
    among the targets, but for a constant; at s = 0 it is the loss without weights. Missing targets, NaN, have no part
    in it.
    """

    def __init__(self, loss: str, name: str = "learned_loss"):
        super().__init__(loss, name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        n_targets = y_true.shape[1]
        errors, s = self.errors(y_true, y_pred[:, :n_targets]), y_pred[:, n_targets : 2 * n_targets]
        terms = ops.exp(-s) * errors + ops.where(ops.isnan(y_true), 0.0, s)
        return ops.mean(terms, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {"loss": self.loss, "name": self.name}
