"""From a Keras network to the Python that builds it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import NbregError
from nbreg.export.own_layer_code import is_own, own_layer_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

#: Entries of a configuration that building a layer does not need.
_NOT_SAID = {"name", "trainable", "dtype", "quantization_config"}


def network_code(network: keras.Model, *, by_target: bool = False) -> list[str]:
    """Return statements that build a network of the same layers and the same first weights.

    They need ``import keras``, ``from keras import layers`` and numpy as ``np``, and leave the network in ``network``.
    `by_target` is for a network that ends in a `Concatenate` of one output for each target: the statements then build
    one with so many outputs. Raises NbregError for layers that only nbreg has.
    """
    *others, last = network.operations
    operations = others if by_target else network.operations
    names: dict[int, str] = {}
    lines = [line for place in range(len(operations)) for line in _statements(operations, place, names)]
    if by_target:
        end = f"[{', '.join(names[id(tensor)] for tensor in _inbound(last).input_tensors)}]"
    else:
        end = names[id(network.outputs[0])]
    return [*lines, f"network = keras.Model({names[id(network.inputs[0])]}, {end})"]


def ends_by_target(network: keras.Model) -> bool:
    """Return whether the network ends in a dense layer for each target, put side by side."""
    last = network.operations[-1]
    if type(last).__name__ != "Concatenate":
        return False
    ends = [tensor._keras_history.operation for tensor in _inbound(last).input_tensors]
    return all(type(end).__name__ == "Dense" and end.units == 1 for end in ends)


def _statements(operations: Sequence[Any], place: int, names: dict[int, str]) -> list[str]:
    """Return the lines for one layer, and note in `names` what its output is called; slices need no line."""
    operation = operations[place]
    node, kind = _inbound(operation), type(operation).__name__
    output = id(node.output_tensors[0])
    if kind == "InputLayer":
        names[output] = "inputs"
        return [f"inputs = keras.Input({tuple(node.output_tensors[0].shape[1:])})"]
    given = [names[id(tensor)] for tensor in node.input_tensors]
    if kind == "GetItem":
        names[output] = f"{given[0]}[{_slices(node.arguments.args[1])}]"
        return []
    names[output] = "x" if _is_for_the_next_alone(operations, place) else _variable(operation.name)
    taken = f"[{', '.join(given)}]" if len(given) > 1 else given[0]
    if is_own(operation):
        return own_layer_code(operation, taken, names[output])
    if not hasattr(operation, "get_config") or not _is_layer(operation):
        raise NbregError(f"A script holds layers, and this network has {kind}, which is none.")
    return [f"{names[output]} = {call_code(operation, 'layers.')}({taken})"]


def _is_layer(operation: Any) -> bool:
    import keras

    return isinstance(operation, keras.layers.Layer)


def _is_for_the_next_alone(operations: Sequence[Any], place: int) -> bool:
    """Return whether nothing but the next operation takes what this one gives: ``x`` may stand for it."""
    output = _inbound(operations[place]).output_tensors[0]
    inputs = [_inbound(operation).input_tensors for operation in operations]
    taking = [other for other, given in enumerate(inputs) if any(each is output for each in given)]
    is_sliced = any(type(operations[other]).__name__ == "GetItem" for other in taking)  # where it is used, later on
    return taking == [place + 1] and not is_sliced


def _inbound(operation: Any) -> Any:
    return operation._inbound_nodes[0]


def _variable(name: str) -> str:
    """Return a layer's name as a variable's."""
    plain = re.sub(r"\W", "_", name)
    return plain if plain.isidentifier() and plain not in ("x", "inputs", "layers", "keras") else f"of_{plain}"


def call_code(thing: Any, prefix: str) -> str:
    """Return the call that makes a Keras object like `thing`, with the arguments that are not at their defaults."""
    made_by = inspect.signature(type(thing).__init__).parameters
    config = thing.get_config()
    required = [name for name, each in made_by.items() if name in config and each.default is inspect.Parameter.empty]
    usual = type(thing)(**{name: getattr(thing, name, config[name]) for name in required}).get_config()
    changed = [name for name in config if name not in required and name in made_by and name not in _NOT_SAID]
    arguments = [value_code(config[name]) for name in required]
    arguments += [f"{name}={value_code(config[name])}" for name in changed if config[name] != usual.get(name)]
    return f"{prefix}{type(thing).__name__}({', '.join(arguments)})"


def value_code(value: Any) -> str:
    """Return Python for a value of a configuration; a nested Keras object becomes its own call."""
    import keras

    if isinstance(value, dict) and "class_name" in value:
        thing = keras.saving.deserialize_keras_object(value)
        return call_code(thing, f"keras.{value['module'].partition('.')[2]}.")
    if isinstance(value, (list, tuple)):
        inside = ", ".join(value_code(each) for each in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(_shortest(value) if isinstance(value, float) else value)


def _shortest(number: float) -> float:
    """Return 0.1 for 0.10000000149: Keras keeps some choices as float32."""
    short = float(str(np.float32(number)))
    return short if float(np.float32(number)) == number else number


def _slices(items: Any) -> str:
    return ", ".join(_slice(item) for item in (items if isinstance(items, (list, tuple)) else [items]))


def _slice(item: Any) -> str:
    if not isinstance(item, slice):
        return str(item)
    start, stop = ("" if each is None else str(each) for each in (item.start, item.stop))
    return f"{start}:{stop}"
