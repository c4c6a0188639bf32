"""What recurrent networks have in common: layers that go through a sequence step by step, and keep a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbreg.errors import OptionError
from nbreg.networks.architecture import (
    INITIALIZERS,
    Architecture,
    Drawn,
    activation_option,
    dropout_option,
    hidden_drawn,
    hidden_option,
    initializer_option,
    l1_option,
    l2_option,
)
from nbreg.networks.hidden import HiddenLayers, beside
from nbreg.networks.regularizers import penalty, penalty_words
from nbreg.options import Integers, option

if TYPE_CHECKING:
    import keras

    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.targets import Targets


@dataclass(frozen=True)
class Recurrent(Architecture):
    """Recurrent layers over a sequence; the last state goes on, beside what else there is, to dense layers."""

    #: The name that it is known by, and that of its layers in ``keras.layers``.
    name: ClassVar[str]
    layer: ClassVar[str]

    units: tuple[int, ...] = option((32,), "Units of each recurrent layer.", Integers(minimum=1))
    hidden: tuple[int, ...] = hidden_option((64, 32))
    activation: str = activation_option()
    dropout: float = dropout_option()
    l1: float = l1_option()
    l2: float = l2_option()
    initializer: str = initializer_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.units:
            raise OptionError("units (--units) takes one number or more, such as 32; without any, take the mlp.")

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        import keras

        entry, x, rest = inputs.sequence_entry()
        for position, units in enumerate(self.units, start=1):
            x = self._recurrent_layer(x, units, position)
        x = self._layers().dense(beside(x, rest), self.hidden)
        return keras.Model(entry, head.outputs(x, targets), name=self.name)

    def words(self) -> str:
        hidden = [f"hidden {'-'.join(map(str, self.hidden))}, {self.activation}"] if self.hidden else []
        more = [*hidden, *self._layers().words(), *penalty_words(self.l1, self.l2)]
        return ", ".join([f"{self.name} {'-'.join(map(str, self.units))}", *more])

    def drawn(self) -> list[Drawn]:
        recurrent = [Drawn(f"{self.name} {place}", units) for place, units in enumerate(self.units, start=1)]
        return [*recurrent, *hidden_drawn(self.hidden)]

    def _recurrent_layer(self, x: Any, units: int, position: int) -> Any:
        """Return all states ``(None, n_steps, units)``, for the last layer the last one ``(None, units)``."""
        import keras

        name = f"{self.name}_{position}"
        layer = getattr(keras.layers, self.layer)
        x = layer(
            units,
            return_sequences=position < len(self.units),
            kernel_initializer=INITIALIZERS[self.initializer],
            kernel_regularizer=penalty(self.l1, self.l2),
            recurrent_regularizer=penalty(self.l1, self.l2),
            name=name,
        )(x)
        return self._layers().finished(x, name)

    def _layers(self) -> HiddenLayers:
        return HiddenLayers(self.activation, self.dropout, self.l1, self.l2, initializer=self.initializer)
