"""The multi-layer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.networks.architecture import (
    ARCHITECTURES,
    INITIALIZERS,
    Architecture,
    activation_option,
    batch_norm_option,
    dropout_option,
    hidden_option,
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
        for position, units in enumerate(self.hidden, start=1):
            x = self._hidden_layer(x, units, position)
        return keras.Model(entry, head.outputs(x, targets), name="mlp")

    def words(self) -> str:
        sizes = "-".join(str(units) for units in self.hidden) or "no hidden layer"
        extras = [f"dropout {self.dropout:g}"] if self.dropout else []
        extras += ["batch normalisation"] if self.batch_norm else []
        return ", ".join([f"mlp {sizes}", self.activation, *extras, *penalty_words(self.l1, self.l2)])

    def _hidden_layer(self, x: Any, units: int, position: int) -> Any:
        from keras import layers

        # Batch normalisation brings its own shift, so the dense layer before it needs no bias.
        x = layers.Dense(
            units,
            activation=None if self.batch_norm else self.activation,
            use_bias=not self.batch_norm,
            kernel_initializer=INITIALIZERS[self.initializer],
            kernel_regularizer=penalty(self.l1, self.l2),
            name=f"hidden_{position}",
        )(x)
        if self.batch_norm:
            x = layers.BatchNormalization(name=f"batch_norm_{position}")(x)
            x = layers.Activation(self.activation, name=f"{self.activation}_{position}")(x)
        return layers.Dropout(self.dropout, name=f"dropout_{position}")(x) if self.dropout else x
