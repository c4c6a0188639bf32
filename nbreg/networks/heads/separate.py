"""A small head for each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.networks.heads.head import HEADS
from nbreg.networks.heads.loss_weights import PointHead
from nbreg.networks.targets import Targets
from nbreg.options import Integers, option


@HEADS.register("separate")
@dataclass(frozen=True)
class Separate(PointHead):
    """From features that all targets share, layers of each target's own (Caruana 1997, "Multitask Learning").

    They are dense layers with relu, and end in one linear unit. Whatever the targets are called, their layers are
    named by their position: ``head_1_hidden_1``, ``prediction_1``, ...
    """

    head_units: tuple[int, ...] = option((16,), "Units of the layers that each target has to itself.",
                                         Integers(minimum=1))  # fmt: skip

    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        import keras

        ends = [self._one(features, position, choices) for position in range(1, targets.n_targets + 1)]
        predictions = keras.layers.Concatenate(name="predictions")(ends) if len(ends) > 1 else ends[0]
        return self.told(targets.kept(predictions))

    def words(self) -> list[str]:
        units = "-".join(map(str, self.head_units)) or "no hidden layer"
        return [f"a head of {units} for each target", *super().words()]

    def _one(self, x: Any, target: int, choices: dict[str, Any]) -> Any:
        from keras import layers

        for position, units in enumerate(self.head_units, start=1):
            x = layers.Dense(units, activation="relu", name=f"head_{target}_hidden_{position}")(x)
        return layers.Dense(1, name=f"prediction_{target}", **choices)(x)
