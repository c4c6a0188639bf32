"""From a Keras network to the Python that builds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbreg.errors import NbregError
from nbreg.export.call_code import arguments_code, call_lines
from nbreg.export.own_layer_code import is_own, own_definitions, own_layer_code
from nbreg.export.script_beside import call_beside, definitions_beside, is_beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

Lines = list[str]

#: Names that scripts have for something else, so that no layer's output may be called so.
_KEPT_FREE = (
    "keras", "layers", "np", "pd", "os", "x", "inputs", "outputs", "network", "linear", "gate", "table", "train",
    "validation", "test", "learned", "low", "centre", "high", "spread", "factor", "scaler", "scale", "signal", "snv",
    "levels", "encode", "quantities", "calendar", "bend", "unbend", "targets", "scaled_targets", "x_train", "y_train",
    "x_validation", "y_validation", "ridge", "model", "parts", "learning_rate", "predict",
)  # fmt: skip


def network_code(network: keras.Model, *, by_target: bool = False) -> Lines:
    """Return statements that build a network of the same layers and the same first weights.

    They need ``import keras``, ``from keras import layers`` and numpy as ``np``, and leave the network in ``network``;
    for what stands beside it, see `script_beside`. `by_target` is for a network that ends in a `Concatenate` of one
    output for each target: the statements then build one with so many outputs. Raises NbregError for layers that only
    nbreg has.
    """
    calls = _in_order(network.outputs[0])
    ends = calls.pop().input_tensors if by_target else network.outputs
    names: dict[int, str] = {} if by_target else {id(ends[0]): "outputs"}
    lines = [line for place in range(len(calls)) for line in _statements(calls, place, names)]
    last = ", ".join(names[id(tensor)] for tensor in ends)
    built = f"network = keras.Model({names[id(network.inputs[0])]}, {f'[{last}]' if by_target else last})"
    return [*own_definitions(network), *definitions_beside(network), *lines, built]


def ends_by_target(network: keras.Model) -> bool:
    """Return whether the network ends in a dense layer for each target, put side by side."""
    last = network.operations[-1]
    if type(last).__name__ != "Concatenate":
        return False
    ends = [tensor._keras_history.operation for tensor in _inbound(last).input_tensors]
    return all(type(end).__name__ == "Dense" and end.units == 1 for end in ends)


def _in_order(output: Any) -> list[Any]:
    """Return the calls that lead to a tensor, each behind those that it needs, and near to them."""
    found: dict[int, Any] = {}

    def visit(tensor: Any) -> None:
        history = tensor._keras_history
        call = history.operation._inbound_nodes[history.node_index]
        if id(call) not in found:
            for each in call.input_tensors:
                visit(each)
            found[id(call)] = call

    visit(output)
    return list(found.values())


def _statements(calls: Sequence[Any], place: int, names: dict[int, str]) -> Lines:
    """Return the lines for one call, and note in `names` what its output is called; some need no line."""
    call, operation = calls[place], calls[place].operation
    kind, output = type(operation).__name__, id(call.output_tensors[0])
    if kind == "InputLayer":
        names[output] = "inputs"
        return [f"inputs = keras.Input({tuple(call.output_tensors[0].shape[1:])})"]
    given = [names[id(tensor)] for tensor in call.input_tensors]
    if kind == "GetItem":
        names[output] = f"{given[0]}[{_slices(call.arguments.args[1])}]"
        return []
    if is_beside(operation):
        names[output] = call_beside(operation, given[0])
        return []
    names.setdefault(output, "x" if _is_for_the_next_alone(calls, place) else _variable(operation, names))
    taken = f"[{', '.join(given)}]" if len(given) > 1 else given[0]
    if is_own(operation):
        return own_layer_code(operation, taken, names[output])
    if not hasattr(operation, "get_config") or not _is_layer(operation):
        raise NbregError(f"A script holds layers, and this network has {kind}, which is none.")
    return call_lines(f"{names[output]} = layers.{kind}(", arguments_code(operation), f")({taken})")


def _is_layer(operation: Any) -> bool:
    import keras

    return isinstance(operation, keras.layers.Layer)


def _is_for_the_next_alone(calls: Sequence[Any], place: int) -> bool:
    """Return whether nothing but the next call takes what this one gives, and that nothing else: call it ``x``."""
    output = calls[place].output_tensors[0]
    taking = [other for other, call in enumerate(calls) if any(each is output for each in call.input_tensors)]
    is_sliced = any(
        type(calls[other].operation).__name__ == "GetItem" for other in taking
    )  # where it is used, later on
    return taking == [place + 1] and len(calls[place + 1].input_tensors) == 1 and not is_sliced


def _inbound(operation: Any) -> Any:
    return operation._inbound_nodes[0]


def _variable(operation: Any, names: Mapping[int, str]) -> str:
    """Return a layer's name as a variable's; one that Keras has numbered is numbered anew, by the script."""
    numbered = re.fullmatch(r"(\w+?)_\d+", operation.name)
    is_given_by_keras = numbered is not None and numbered[1].replace("_", "") == type(operation).__name__.lower()
    plain = numbered[1] if numbered is not None and is_given_by_keras else re.sub(r"\W", "_", operation.name)
    name = plain if plain.isidentifier() and plain not in _KEPT_FREE else f"of_{plain}"
    if not is_given_by_keras:
        return name
    n_before = sum(re.fullmatch(rf"{name}(_\d+)?", other) is not None for other in names.values())
    return f"{name}_{n_before + 1}" if n_before else name


def _slices(items: Any) -> str:
    return ", ".join(_slice(item) for item in (items if isinstance(items, (list, tuple)) else [items]))


def _slice(item: Any) -> str:
    if not isinstance(item, slice):
        return str(item)
    start, stop = ("" if each is None else str(each) for each in (item.start, item.stop))
    return f"{start}:{stop}"
