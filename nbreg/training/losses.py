"""Names of losses to losses of Keras."""

from __future__ import annotations

from typing import Any

#: A name in our options -> the loss's class in ``keras.losses``.
LOSSES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "msle": "MeanSquaredLogarithmicError",
    "mape": "MeanAbsolutePercentageError",
}


def make_loss(name: str) -> Any:
    """Return the Keras loss: its mean over rows and targets is what training makes small."""
    import keras

    return getattr(keras.losses, LOSSES[name])()
