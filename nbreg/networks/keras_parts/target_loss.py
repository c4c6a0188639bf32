"""A loss of several targets, some of which may be missing or count for more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="nbreg")
class TargetLoss(keras.losses.Loss):  # type: ignore[misc]
    """The mean over targets of one of Keras's losses, each target's times its weight.

    `loss` names a class in ``keras.losses``; `weights` are ``(n_targets,)``, None: all 1. Missing targets, NaN in
    ``(n_rows, n_targets)``, count for nothing. Of the outputs the first ``n_targets`` are compared.

    The weights are a variable, which is read where the loss is compiled in: `set_weights` needs no new compilation.
    """

    def __init__(self, loss: str, weights: Sequence[float] | None = None, name: str = "target_loss"):
        super().__init__(name=name)
        self.loss, self._error = loss, getattr(keras.losses, loss)(reduction="none")
        given = None if weights is None else np.asarray(weights, np.float32)
        self._weights: Any = None if given is None else keras.Variable(given, trainable=False, name="loss_weights")

    @property
    def weights(self) -> tuple[float, ...] | None:
        """How much the targets count, ``(n_targets,)``; None: alike."""
        return None if self._weights is None else tuple(self._weights.numpy().tolist())

    def set_weights(self, weights: Sequence[float]) -> None:
        """Have the targets count by other weights ``(n_targets,)``, of a loss that has weights."""
        self._weights.assign(np.asarray(weights, np.float32))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        errors = self.errors(y_true, y_pred[:, : y_true.shape[1]])
        if self._weights is not None:
            errors = errors * ops.cast(self._weights, errors.dtype)
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
