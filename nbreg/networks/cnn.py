"""The convolutional network: features of neighbouring steps, wherever in the sequence they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import OptionError
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
from nbreg.networks.hidden import HiddenLayers, beside
from nbreg.networks.regularizers import penalty_words
from nbreg.options import Choice, Integer, Integers, option

if TYPE_CHECKING:
    import keras

    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.targets import Targets


@ARCHITECTURES.register("cnn")
@dataclass(frozen=True)
class Cnn(Architecture):
    """One-dimensional convolutions over a sequence (LeCun et al. 1998), then dense layers with what else there is."""

    filters: tuple[int, ...] = option((32, 32), "Filters of each convolution.", Integers(minimum=1))
    kernel_size: int = option(5, "Steps that a filter sees at once.", Integer(minimum=1))
    pooling: str = option(
        "average",
        "How steps are put together: average or max halve them behind each convolution, the global ones leave one.",
        Choice("average", "max", "global_average", "global_max", "none"),
    )
    hidden: tuple[int, ...] = hidden_option((64, 32))
    activation: str = activation_option()
    dropout: float = dropout_option()
    l1: float = l1_option()
    l2: float = l2_option()
    batch_norm: bool = batch_norm_option()
    initializer: str = initializer_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.filters:
            raise OptionError("filters (--filters) takes one number or more, such as 32,32; without any, take the mlp.")

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        import keras

        entry, x, rest = inputs.sequence_entry()
        for position, filters in enumerate(self.filters, start=1):
            x = self._convolution(x, filters, position)
        x = self._one_a_row(x)
        x = self._layers().dense(beside(x, rest), self.hidden)
        return keras.Model(entry, head.outputs(x, targets), name="cnn")

    def words(self) -> str:
        sizes = "-".join(map(str, self.filters))
        hidden = [f"hidden {'-'.join(map(str, self.hidden))}"] if self.hidden else []
        pooling = [] if self.pooling == "none" else [f"{self.pooling.replace('_', ' ')} pooling"]
        more = [*pooling, *hidden, self.activation, *self._layers().words(), *penalty_words(self.l1, self.l2)]
        return ", ".join([f"cnn {sizes} of {self.kernel_size} steps", *more])

    def drawn(self) -> list[Drawn]:
        filters = [Drawn(f"conv {place}", units) for place, units in enumerate(self.filters, start=1)]
        return [*filters, *hidden_drawn(self.hidden)]

    def _convolution(self, x: Any, filters: int, position: int) -> Any:
        """Return ``(None, n_steps, filters)``, or half the steps where they are pooled."""
        from keras import layers

        n_steps = x.shape[1]  # a kernel longer than that would have weights that see nothing
        name = f"convolution_{position}"
        x = layers.Conv1D(
            filters, min(self.kernel_size, n_steps), padding="same", name=name, **self._layers().choices()
        )(x)
        x = self._layers().finished(x, name)
        halves = {"average": layers.AveragePooling1D, "max": layers.MaxPooling1D}.get(self.pooling)
        return x if halves is None or n_steps == 1 else halves(2, padding="same", name=f"pooling_{position}")(x)

    def _one_a_row(self, x: Any) -> Any:
        """Return ``(None, n)`` for steps and filters ``(None, n_steps, n_filters)``."""
        from keras import layers

        whole = {"global_average": layers.GlobalAveragePooling1D, "global_max": layers.GlobalMaxPooling1D}
        if self.pooling in whole:
            return whole[self.pooling](name="pooling")(x)
        return layers.Flatten(name="flat")(x)

    def _layers(self) -> HiddenLayers:
        return HiddenLayers(self.activation, self.dropout, self.l1, self.l2, self.batch_norm, self.initializer)
