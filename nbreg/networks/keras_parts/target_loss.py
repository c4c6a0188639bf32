"""A loss of several targets, some of which may be missing or count for more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class TargetLoss(keras.losses.Loss):  # type: ignore[misc]
    """The mean over targets of one of Keras's losses, each target's times its weight.

    `loss` names a class in ``keras.losses``; `weights` are ``(n_targets,)``, None: all 1. Missing targets, NaN in
    ``(n_rows, n_targets)``, count for nothing. Of the outputs the first ``n_targets`` are compared.
    """

    def __init__(self, loss: str, weights: Sequence[float] | None = None, name: str = "target_loss"):
        super().__init__(name=name)
        self.loss, self.weights = loss, None if weights is None else tuple(map(float, weights))
        self._error = getattr(keras.losses, loss)(reduction="none")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        errors = self.errors(y_true, y_pred[:, : y_true.shape[1]])
        if self.weights is not None:
            errors = errors * ops.convert_to_tensor(self.weights, errors.dtype)
        return ops.mean(errors, axis=-1)

    def errors(self, y_true: Any, y_pred: Any) -> Any:
        """Return each target's loss, ``(n_rows, n_targets)``, 0 where it is missing."""
        is_known = ops.logical_not(ops.isnan(y_true))
        # Put in place before the loss, not behind it: else its gradient, too, would be no number.
        filled = ops.where(is_known, y_true, ops.stop_gradient(y_pred))
        errors = self._error(filled[..., None], y_pred[..., None])
        return ops.where(is_known, errors, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {"loss": self.loss, "weights": self.weights, "name": self.name}
