"""One head for all targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.networks.heads.head import HEADS
from nbreg.networks.heads.loss_weights import PointHead
from nbreg.networks.targets import Targets


@HEADS.register("shared")
@dataclass(frozen=True)
class Shared(PointHead):
    """One linear layer from the features to all targets."""

    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        import keras

        return self.told(targets.kept(keras.layers.Dense(targets.n_targets, name="prediction", **choices)(features)))
