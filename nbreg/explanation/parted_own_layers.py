"""nbreg's own layers, with all that is not linear apart; what point predictions do not depend on passes nothing on.

Keras is needed to read this module: it is imported within functions.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from nbreg.explanation.differences import Elementwise, Softmax, through
from nbreg.explanation.parted_layers import Makers, Parted, copied


class PartedShares(keras.layers.Layer):  # type: ignore[misc]
    """`Shares`: a softmax between sums and products with constants."""

    def __init__(self, layer: Any):
        super().__init__(name=layer.name)
        self.start = [math.log(each) for each in layer.mean]
        self.mean, self.scale = layer.mean, layer.scale

    def call(self, logits: Any) -> Any:
        start, mean, scale = (ops.convert_to_tensor(each, logits.dtype) for each in (self.start, self.mean, self.scale))
        return (through(Softmax(), logits + start) - mean) / scale


class PartedFourierFeatures(keras.layers.Layer):  # type: ignore[misc]
    """`RandomFourierFeatures`: waves of angles."""

    def __init__(self, layer: Any):
        super().__init__(name=layer.name)
        self.layer = copied(layer)

    def build(self, input_shape: Any) -> None:
        self.layer.build(input_shape)

    def call(self, features: Any) -> Any:
        angles = ops.matmul(features * ops.exp(-self.layer.log_lengthscale), self.layer.frequencies)
        waves = [through(Elementwise(wave), angles) for wave in (ops.cos, ops.sin)]
        return ops.concatenate(waves, axis=-1) / math.sqrt(self.layer.n_frequencies)


class PartedLatentPoints(keras.layers.Layer):  # type: ignore[misc]
    """`LatentPoints`: the mean of what each point is decoded to, and nothing behind it."""

    def __init__(self, layer: Any):
        from nbreg.explanation.parted_network import parted  # which reads this module

        super().__init__(name=layer.name)
        self.of_features, self.of_latents = copied(layer.of_features), copied(layer.of_latents)
        self.decoder, self.n_targets = parted(layer.decoder), layer.n_targets
        self.shape_of_points = layer.points.shape

    def build(self, input_shape: Any) -> None:
        self.points = self.add_weight(self.shape_of_points, trainable=False, name="points")
        self.of_features.build(input_shape)
        self.of_latents.build(self.shape_of_points)

    def call(self, features: Any) -> Any:
        decoded = self.decoder(self.of_features(features)[:, None] + self.of_latents(self.points)[None])
        return ops.mean(decoded[..., : self.n_targets], axis=1)

    def take_weights(self, layer: Any) -> None:
        """Give it the weights of the layer that it was made of."""
        from nbreg.explanation.parted_network import take_weights

        self.points.assign(layer.points)
        self.of_features.set_weights(layer.of_features.get_weights())
        self.of_latents.set_weights(layer.of_latents.get_weights())
        take_weights(self.decoder, layer.decoder)


class Nothing(keras.layers.Layer):  # type: ignore[misc]
    """Zeros in place of a layer that predictions do not depend on."""

    def __init__(self, layer: Any):
        super().__init__(name=layer.name)
        self.n = layer.output.shape[-1]

    def call(self, inputs: Any) -> Any:
        return ops.zeros((ops.shape(inputs)[0], self.n))

    def take_weights(self, layer: Any) -> None:
        """Take nothing."""


#: Class name of a layer -> what makes it anew, parted.
OWN: Makers = {
    "Bounded": lambda layer: Parted(None, copied(layer), layer.name),
    "Shares": PartedShares,
    "RandomFourierFeatures": PartedFourierFeatures,
    "LatentPoints": PartedLatentPoints,
    "PredictiveCovariance": Nothing,
}
