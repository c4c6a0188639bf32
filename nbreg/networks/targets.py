"""What a network predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Targets:
    """Scaled targets, a float32 matrix ``(n_rows, n_targets)``, and what keeps predictions of them in place."""

    n_targets: int

    @classmethod
    def of(cls, target_scaler: Any) -> Targets:
        """Return the targets that a fitted `TargetScaler` scales."""
        return cls(len(target_scaler.names))

    def kept(self, predictions: Any) -> Any:
        """Return predictions ``(n_rows, n_targets)``, a Keras tensor, as they are to leave the network."""
        return predictions
