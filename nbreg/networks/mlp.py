"""The multi-layer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.networks.architecture import (
    ARCHITECTURES,
    Architecture,
    Drawn,
    activation_option,
    batch_norm_option,
    dropout_option,
    hidden_drawn,
    hidden_option,
    initializer_option,
    l1_option,
    l2_option,
)
from nbreg.networks.hidden import HiddenLayers
from nbreg.networks.regularizers import penalty_words

if TYPE_CHECKING:
    import keras

    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.targets import Targets


@ARCHITECTURES.register("mlp")
@dataclass(frozen=True)
class Mlp(Architecture):
    """Dense hidden layers, each followed by its activation."""

    hidden: tuple[int, ...] = hidden_option((64, 32))
    activation: str = activation_option()
    dropout: float = dropout_option()
    l1: float = l1_option()
    l2: float = l2_option()
    batch_norm: bool = batch_norm_option()
    initializer: str = initializer_option()

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        import keras

        entry, x = inputs.entry()
        x = self._layers().dense(x, self.hidden)
        return keras.Model(entry, head.outputs(x, targets), name="mlp")

    def words(self) -> str:
        sizes = "-".join(str(units) for units in self.hidden) or "no hidden layer"
        return ", ".join([f"mlp {sizes}", self.activation, *self._layers().words(), *penalty_words(self.l1, self.l2)])

    def drawn(self) -> list[Drawn]:
        return hidden_drawn(self.hidden)

    def _layers(self) -> HiddenLayers:
        return HiddenLayers(self.activation, self.dropout, self.l1, self.l2, self.batch_norm, self.initializer)
