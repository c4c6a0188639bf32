"""From a Keras network to the Python that builds it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

#: Entries of a configuration that building a layer does not need.
_NOT_SAID = {"name", "trainable", "dtype", "quantization_config"}


def network_code(network: keras.Model) -> list[str]:
    """Return statements that build a network of the same layers and the same first weights.

    They need ``import keras`` and ``from keras import layers``, and leave the network in ``network``.
    """
    names: dict[int, str] = {}
    lines = [_statement(operation, names) for operation in network.operations]
    lines.append(f"network = keras.Model({names[id(network.inputs[0])]}, {names[id(network.outputs[0])]})")
    return [line for line in lines if line]


def _statement(operation: Any, names: dict[int, str]) -> str:
    """Return the line for one layer, and note in `names` what its output is called; slices need no line."""
    node = operation._inbound_nodes[0]
    output = id(node.output_tensors[0])
    if type(operation).__name__ == "InputLayer":
        names[output] = "inputs"
        return f"inputs = keras.Input({tuple(node.output_tensors[0].shape[1:])})"
    given = [names[id(tensor)] for tensor in node.input_tensors]
    if type(operation).__name__ == "GetItem":
        names[output] = f"{given[0]}[{_slices(node.arguments.args[1])}]"
        return ""
    names[output] = operation.name if type(operation).__name__ == "Embedding" else "x"
    taken = f"[{', '.join(given)}]" if len(given) > 1 else given[0]
    return f"{names[output]} = {call_code(operation, 'layers.')}({taken})"


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
