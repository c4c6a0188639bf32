"""The last layers: from a network's features to the targets."""

from __future__ import annotations

from typing import Any


def dense_head(n_targets: int, **choices: Any) -> Any:
    """Return one linear layer that predicts all targets, ``(n_rows, n_features) -> (n_rows, n_targets)``."""
    import keras

    return keras.layers.Dense(n_targets, name="prediction", **choices)
