"""A copy of a network in which what is linear and what is not are apart, so that the latter can be exchanged.

Keras is needed to read this module: it is imported within functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras

from nbreg.explanation.rescale_rules import ELEMENTWISE_LAYERS, nonlinearity_of

#: From an activation and its input ``(n, ...)`` to what is taken for its output.
Stead = Callable[[Callable[[Any], Any], Any], Any]

_stead: ContextVar[Stead] = ContextVar("stead", default=lambda nonlinearity, before: nonlinearity(before))


@contextmanager
def in_place_of_activations(stead: Stead) -> Iterator[None]:
    """Within, parted layers call `stead` in place of their activation; it holds for this thread."""
    token = _stead.set(stead)
    try:
        yield
    finally:
        _stead.reset(token)


class Parted(keras.layers.Layer):  # type: ignore[misc]
    """A linear layer (None: the identity), and what its outputs go through, number by number."""

    def __init__(self, linear: Any, nonlinearity: Callable[[Any], Any], name: str):
        super().__init__(name=name)
        self.linear, self.nonlinearity = linear, nonlinearity

    def call(self, inputs: Any) -> Any:
        before = inputs if self.linear is None else self.linear(inputs)
        return _stead.get()(self.nonlinearity, before)


def parted(network: keras.Model) -> keras.Model:
    """Return a copy of a network whose layers all have a rescale rule; the network itself is only read."""
    return keras.models.clone_model(network, clone_function=_parted_layer, recursive=True)


def take_weights(copy: keras.Model, network: keras.Model) -> None:
    """Give the copy the network's weights of the moment."""
    for layer in network.layers:
        weights = layer.get_weights()
        if weights:
            copy.get_layer(layer.name).set_weights(weights)


def _parted_layer(layer: Any) -> Any:
    if type(layer).__name__ in ELEMENTWISE_LAYERS:
        return Parted(None, _copied(layer), layer.name)
    nonlinearity = nonlinearity_of(layer)
    if nonlinearity is None:
        return _copied(layer)
    of_own = isinstance(nonlinearity, keras.layers.Layer)
    return Parted(_copied(layer, activation=None), _copied(nonlinearity) if of_own else nonlinearity, layer.name)


def _copied(layer: Any, **changes: Any) -> Any:
    return type(layer).from_config({**layer.get_config(), **changes})
