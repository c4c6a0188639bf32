"""Dense hidden layers, as several architectures have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbreg.networks.architecture import INITIALIZERS
from nbreg.networks.regularizers import penalty


@dataclass(frozen=True)
class HiddenLayers:
    """What hidden layers have in common; names and values are those of the options."""

    activation: str
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    batch_norm: bool = False
    initializer: str = "glorot"

    def dense(self, x: Any, hidden: Sequence[int]) -> Any:
        """Return features ``(None, n)`` behind dense layers of so many units each, Keras tensors both."""
        from keras import layers

        for position, units in enumerate(hidden, start=1):
            # Batch normalisation brings its own shift, so the dense layer before it needs no bias.
            x = layers.Dense(units, name=f"hidden_{position}", **self.choices())(x)
            x = self.finished(x, f"{position}")
        return x

    def choices(self) -> dict[str, Any]:
        """Return the arguments of a Keras layer that has weights and an activation; `finished` comes behind it."""
        return {
            "activation": None if self.batch_norm else self.activation,
            "use_bias": not self.batch_norm,
            "kernel_initializer": INITIALIZERS[self.initializer],
            "kernel_regularizer": penalty(self.l1, self.l2),
        }

    def finished(self, x: Any, label: str) -> Any:
        """Return a layer's outputs, normalised and dropped as asked for."""
        from keras import layers

        if self.batch_norm:
            x = layers.BatchNormalization(name=f"batch_norm_{label}")(x)
            x = layers.Activation(self.activation, name=f"{self.activation}_{label}")(x)
        return layers.Dropout(self.dropout, name=f"dropout_{label}")(x) if self.dropout else x

    def words(self) -> list[str]:
        """Return the choices that are not the usual ones, penalties left out."""
        extras = [f"dropout {self.dropout:g}"] if self.dropout else []
        return [*extras, *(["batch normalisation"] if self.batch_norm else [])]


def beside(x: Any, rest: Any) -> Any:
    """Return what a sequence came to, ``(None, n)``, and the inputs `rest` ``(None, n_rest)`` that are none of it.

    `rest` is None where there are none. All are Keras tensors.
    """
    import keras

    return x if rest is None else keras.layers.Concatenate(name="beside_the_sequence")([x, rest])
