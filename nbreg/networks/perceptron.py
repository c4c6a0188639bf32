"""The single-layer perceptron: with a linear output, the linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.networks.architecture import (
    ARCHITECTURES,
    INITIALIZERS,
    Architecture,
    initializer_option,
    l1_option,
    l2_option,
)
from nbreg.networks.regularizers import penalty, penalty_words

if TYPE_CHECKING:
    import keras

    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.targets import Targets


@ARCHITECTURES.register("perceptron")
@dataclass(frozen=True)
class Perceptron(Architecture):
    """One dense layer from the inputs to the targets (Rosenblatt 1958, with the identity as activation)."""

    l1: float = l1_option()
    l2: float = l2_option()
    initializer: str = initializer_option()

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        import keras

        entry, x = inputs.entry()
        outputs = head.outputs(
            x,
            targets,
            kernel_initializer=INITIALIZERS[self.initializer],
            kernel_regularizer=penalty(self.l1, self.l2),
        )
        return keras.Model(entry, outputs, name="perceptron")

    def words(self) -> str:
        return ", ".join(["perceptron (linear model)", *penalty_words(self.l1, self.l2)])
