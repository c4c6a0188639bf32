"""The layers that stand beside a network: where its predictions become the sum of all parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbreg.networks.targets import Targets

if TYPE_CHECKING:
    import keras

#: Names of the layers, by which they are found again.
LINEAR_LAYER, RANDOM_LAYER, SMOOTH_LAYER = "linear_part", "random_units", "smooth_part"
GATE_LAYER, BLEND_LAYER = "gate", "blend"


@dataclass(frozen=True)
class TargetsBeside(Targets):
    """Targets of which a part is predicted beside the network, from the first `n_numbers` inputs.

    That part is linear, and where there are `n_units`, random ones, a linear model of these as well.
    """

    n_numbers: int = 0
    n_units: int = 0
    _layers: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def kept(self, predictions: Any) -> Any:
        """Return the sum of predictions ``(n_rows, n_targets)``, a Keras tensor, and of what stands beside them."""
        import keras
        from keras import layers

        (entry,) = keras.utils.get_source_inputs(predictions)
        numbers = entry[:, : self.n_numbers] if entry.shape[1] > self.n_numbers else entry
        parts = [self._layer(LINEAR_LAYER, layers.Dense, self.n_targets, kernel_initializer="zeros")(numbers)]
        if self.n_units:
            drawn = keras.initializers.RandomNormal(stddev=1.0)
            units = {"activation": "tanh", "kernel_initializer": drawn, "bias_initializer": drawn}
            seen = self._layer(RANDOM_LAYER, layers.Dense, self.n_units, **units)(numbers)
            parts.append(self._layer(SMOOTH_LAYER, layers.Dense, self.n_targets, kernel_initializer="zeros")(seen))
        let_in = self._by_target(GATE_LAYER, "zeros", trainable=True)(predictions)
        own = self._by_target(BLEND_LAYER, "ones")(let_in)
        return layers.Add()([*parts, own])

    def _by_target(self, name: str, first: str, *, trainable: bool = False) -> Any:
        """Return a layer that multiplies each target by a number of its own."""
        from keras import layers

        shape = (self.n_targets,)
        return self._layer(
            name, layers.EinsumDense, "bt,t->bt", trainable=trainable, output_shape=shape, kernel_initializer=first
        )

    def _layer(self, name: str, make: Any, *args: Any, trainable: bool = False, **kwargs: Any) -> Any:
        """Return the layer of this name; a mixture adds to the means of all its components by the same ones."""
        if name not in self._layers:
            self._layers[name] = make(*args, trainable=trainable, name=name, **kwargs)
        return self._layers[name]


def stands_beside(network: keras.Model) -> bool:
    """Return whether something stands beside the network."""
    return any(layer.name == LINEAR_LAYER for layer in network.layers)


def blend_of(network: keras.Model) -> tuple[float, ...]:
    """Return how much of the network's own predictions is blended in, a share in [0, 1] for each target."""
    return tuple(network.get_layer(BLEND_LAYER).get_weights()[0].tolist())
