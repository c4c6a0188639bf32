"""A copy of a network in which what is linear and what is not are apart, so that the latter can be exchanged.

Keras is needed to read this module: it is imported within functions.
"""

from __future__ import annotations

from typing import Any

import keras

from nbreg.explanation.parted_layers import OF_KERAS, Makers, Parted, copied
from nbreg.explanation.parted_own_layers import OWN
from nbreg.explanation.parted_recurrent import RECURRENT
from nbreg.explanation.rescale_rules import ELEMENTWISE_LAYERS, nonlinearity_of

_MAKERS: Makers = {**OF_KERAS, **RECURRENT, **OWN}


def parted(network: keras.Model) -> keras.Model:
    """Return a copy of a network whose layers all have a rescale rule; the network itself is only read."""
    return keras.models.clone_model(network, clone_function=_parted_layer, recursive=True)


def take_weights(copy: keras.Model, network: keras.Model) -> None:
    """Give the copy the network's weights of the moment."""
    for layer in network.layers:
        part = copy.get_layer(layer.name)
        take = getattr(part, "take_weights", None)
        if take is not None:
            take(layer)
        elif layer.weights:
            part.set_weights(layer.get_weights())


def _parted_layer(layer: Any) -> Any:
    kind = type(layer).__name__
    if kind in _MAKERS:
        return _MAKERS[kind](layer)
    if kind in ELEMENTWISE_LAYERS:
        return Parted(None, copied(layer), layer.name)
    nonlinearity = nonlinearity_of(layer)
    if nonlinearity is None:
        return copied(layer)
    of_own = isinstance(nonlinearity, keras.layers.Layer)
    return Parted(copied(layer, activation=None), copied(nonlinearity) if of_own else nonlinearity, layer.name)
