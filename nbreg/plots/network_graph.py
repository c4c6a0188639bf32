"""A Keras model as boxes and arrows, and where on a page they stand: plain data, nothing drawn yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: A column of boxes longer than this goes on in a new one.
MOST_LINES = 9
#: So many boxes, at most, stand side by side in a line.
MOST_ABREAST = 4
#: Operations that only take some columns: they are not worth a box.
PASSED_OVER = frozenset({"GetItem"})


@dataclass(frozen=True)
class Box:
    """One layer: its name, its type in words, its output's shape, its parameters, and whose outputs it takes."""

    name: str
    kind: str
    shape: str
    n_parameters: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a box stands: its column of lines, its line there (0: at the top), its place among so many abreast."""

    column: int
    line: int
    slot: int
    abreast: int


def boxes(model: Any) -> tuple[Box, ...]:
    """Return the layers of a Keras model in the order of computation.

    A model that cannot say how its layers hang together (a subclass with a `call` of its own) gives boxes
    without sources.
    """
    layers = {layer.name: layer for layer in [*getattr(model, "operations", ()), *model.layers]}
    sources = dict(_sources(model))
    if not sources:
        return tuple(_box(layer, ()) for layer in layers.values())
    passed = {name: each for name, each in sources.items() if type(layers[name]).__name__ in PASSED_OVER}
    return tuple(_box(layers[name], tuple(_past(each, passed))) for name, each in sources.items() if name not in passed)


def _sources(model: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    import keras

    if isinstance(model, keras.Sequential):
        names = [layer.name for layer in model.layers]
        entry = getattr(model.inputs[0], "name", "inputs") if model.inputs else None
        return zip(names, [(), *((name,) for name in names)], strict=False) if entry else iter(())
    try:
        config = model.get_config()
    except NotImplementedError:
        return iter(())
    described = config.get("layers", ()) if isinstance(config, dict) else ()
    return ((each["name"], tuple(dict.fromkeys(_histories(each["inbound_nodes"])))) for each in described)


def _histories(node: Any) -> Iterator[str]:
    """Yield the names of the layers that a serialised call takes tensors from."""
    if isinstance(node, dict):
        if "keras_history" in node:
            yield node["keras_history"][0]
        else:
            for value in node.values():
                yield from _histories(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _histories(value)


def _past(names: Sequence[str], passed: dict[str, tuple[str, ...]]) -> list[str]:
    """Return `names`, with what is passed over replaced by its own sources."""
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(_past(passed[name], passed) if name in passed else [name]))
    return list(found)


def _box(layer: Any, sources: tuple[str, ...]) -> Box:
    n_parameters = layer.count_params() if getattr(layer, "built", False) and hasattr(layer, "count_params") else 0
    return Box(layer.name, _kind(layer), _shape(layer), int(n_parameters), sources)


def _kind(layer: Any) -> str:
    kind = {"InputLayer": "Input", "BatchNormalization": "Batch normalisation"}.get(type(layer).__name__)
    config = layer.get_config() if hasattr(layer, "get_config") else {}
    more = config.get("activation"), config.get("rate")
    activation = more[0] if isinstance(more[0], str) and more[0] != "linear" else None
    words = [kind or type(layer).__name__, activation, f"{more[1]:g}" if isinstance(more[1], (int, float)) else None]
    return " · ".join(word for word in words if word)


def _shape(layer: Any) -> str:
    """Return the output's shape for one row: ``64``, ``28 × 8``; nothing where it is not known."""
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError):
        return ""
    return " × ".join("?" if size is None else f"{size:,d}" for size in shape[1:])


def places(found: Sequence[Box]) -> dict[str, Place]:
    """Return where each box stands: below all that it takes from, side by side with its like, columns folded."""
    depths: dict[str, int] = {}
    for position, box in enumerate(found):
        known = [depths[source] for source in box.sources if source in depths]
        depths[box.name] = max(known) + 1 if known else (0 if _connected(found) else position)
    lines: list[list[str]] = []
    for depth in sorted(set(depths.values())):
        names = [name for name, own in depths.items() if own == depth]
        lines += [names[at : at + MOST_ABREAST] for at in range(0, len(names), MOST_ABREAST)]
    n_columns = -(-len(lines) // MOST_LINES)
    height = -(-len(lines) // n_columns)
    return {
        name: Place(at // height, at % height, slot, len(names))
        for at, names in enumerate(lines)
        for slot, name in enumerate(names)
    }


def _connected(found: Sequence[Box]) -> bool:
    return any(box.sources for box in found)
