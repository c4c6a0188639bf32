"""Keras's layers with what is linear and what is not apart, so that the latter can be exchanged.

Keras is needed to read this module: it is imported within functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from nbreg.explanation.differences import Elementwise, Highest, Product, Rule, Softmax, through
from nbreg.explanation.rescale_rules import is_softmax

#: Class name of a layer -> what makes it anew, parted.
Makers = dict[str, Callable[[Any], Any]]

#: So low that no window has it for its highest.
_LOWEST = -1e30


class Parted(keras.layers.Layer):  # type: ignore[misc]
    """A linear layer (None: the identity), and an activation, a function or a layer, that its outputs go through."""

    def __init__(self, linear: Any, nonlinearity: Callable[[Any], Any], name: str):
        super().__init__(name=name)
        self.linear, self.nonlinearity = linear, nonlinearity
        self.rule = rule_of(nonlinearity)

    def call(self, inputs: Any, mask: None = None) -> Any:
        return through(self.rule, inputs if self.linear is None else self.linear(inputs))


class PartedProduct(keras.layers.Layer):  # type: ignore[misc]
    """A layer of two inputs, linear in either."""

    def __init__(self, layer: Any):
        super().__init__(name=layer.name)
        inside = copied(layer)
        self.rule = Product(lambda one, other: inside([one, other]))

    def call(self, inputs: Any) -> Any:
        return through(self.rule, *inputs)


class PartedPooling(keras.layers.Layer):  # type: ignore[misc]
    """The highest of each window of `width` steps, side by side, or (None) of all: ``(n, n_steps, n_channels)``."""

    def __init__(self, layer: Any, width: int | None):
        super().__init__(name=layer.name)
        self.width, self.padding = width, getattr(layer, "padding", "valid")
        self.keeps_steps = width is not None or layer.keepdims

    def call(self, inputs: Any) -> Any:
        windows = ops.expand_dims(inputs, 1) if self.width is None else self._windows(inputs, self.width)
        highest = through(Highest(), windows)  # (n, n_windows, n_channels)
        return highest if self.keeps_steps else ops.squeeze(highest, 1)

    def _windows(self, inputs: Any, width: int) -> Any:
        """Return ``(n, n_windows, width, n_channels)``."""
        n_steps, n_channels = inputs.shape[1:]
        if self.padding == "same":
            lacking = -n_steps % width
            around = lacking // 2, lacking - lacking // 2
            inputs = ops.pad(inputs, ((0, 0), around, (0, 0)), constant_values=_LOWEST)
        whole = inputs.shape[1] // width
        return ops.reshape(inputs[:, : whole * width], (-1, whole, width, n_channels))


def copied(layer: Any, **changes: Any) -> Any:
    """Return a layer of the same configuration, but for `changes`."""
    return type(layer).from_config({**layer.get_config(), **changes})


def rule_of(activation: Callable[[Any], Any]) -> Rule:
    """Return the rule of an activation, a function or a layer."""
    return Softmax() if is_softmax(activation) else Elementwise(activation)


#: Class name of a layer -> what makes it anew, parted.
OF_KERAS: Makers = {
    "Dot": PartedProduct,
    "Multiply": PartedProduct,
    "Softmax": lambda layer: Parted(None, keras.activations.softmax, layer.name),
    "MaxPooling1D": lambda layer: PartedPooling(layer, layer.pool_size[0]),
    "GlobalMaxPooling1D": lambda layer: PartedPooling(layer, None),
}
