"""A Keras model as boxes and arrows, and where on a page they stand: plain data, nothing drawn yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: A column with more lines of layers than this goes on in a new one.
MOST_LINES = 9
#: Operations that only take some columns: they are not worth a box.
PASSED_OVER = frozenset({"GetItem"})


@dataclass(frozen=True)
class LayerInfo:
    """One layer: name, type in words, shape of its output for one row, parameters, and whose outputs it takes."""

    name: str
    kind: str
    shape: str
    n_parameters: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """One layer, or several of one type that stand between the same two, such as embeddings."""

    layers: tuple[LayerInfo, ...]

    @property
    def name(self) -> str:
        return self.layers[0].name

    @property
    def n_lines(self) -> int:
        """How many lines of text it holds."""
        return 2 if len(self.layers) == 1 else 1 + len(self.layers)


@dataclass(frozen=True)
class Place:
    """Where a box stands: its column, its line there (0: at the top), its place among so many abreast."""

    column: int
    line: int
    slot: int
    abreast: int


# From a model to layers


def layers_of(model: Any) -> tuple[LayerInfo, ...]:
    """Return the layers of a Keras model in the order of computation.

    A model that cannot say how its layers hang together (a subclass with a `call` of its own) gives layers
    without sources.
    """
    layers = {layer.name: layer for layer in [*getattr(model, "operations", ()), *model.layers]}
    sources = dict(_sources(model))
    if not sources:
        return tuple(_layer(layer, ()) for layer in layers.values())
    passed = {name: each for name, each in sources.items() if type(layers[name]).__name__ in PASSED_OVER}
    kept = {name: each for name, each in sources.items() if name not in passed}
    return tuple(_layer(layers[name], tuple(_past(each, passed))) for name, each in kept.items())


def _sources(model: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    import keras

    if isinstance(model, keras.Sequential):
        names = [layer.name for layer in model.layers]
        return zip(names, [(), *((name,) for name in names)], strict=False)
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


def _past(names: Sequence[str], passed: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return `names`, with what is passed over replaced by its own sources."""
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(_past(passed[name], passed) if name in passed else [name]))
    return list(found)


def _layer(layer: Any, sources: tuple[str, ...]) -> LayerInfo:
    countable = getattr(layer, "built", False) and hasattr(layer, "count_params")
    return LayerInfo(layer.name, _kind(layer), _shape(layer), int(layer.count_params()) if countable else 0, sources)


def _kind(layer: Any) -> str:
    kind = {"InputLayer": "Input", "BatchNormalization": "Batch normalisation"}.get(type(layer).__name__)
    config = layer.get_config() if hasattr(layer, "get_config") else {}
    activation, rate = config.get("activation"), config.get("rate")
    more = [activation] if isinstance(activation, str) and activation != "linear" else []
    more += [f"{rate:g}"] if isinstance(rate, (int, float)) else []
    return " · ".join([kind or type(layer).__name__, *more])


def _shape(layer: Any) -> str:
    """Return the output's shape for one row: ``64``, ``28 × 8``; nothing where it is not known."""
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError):
        return ""
    return " × ".join("?" if size is None else f"{size:,d}" for size in shape[1:])


# From layers to boxes on a page


def boxes_of(layers: Sequence[LayerInfo]) -> tuple[Box, ...]:
    """Return a box for each layer; layers of one type with the same sources and the same targets share one."""
    targets: dict[str, list[str]] = {layer.name: [] for layer in layers}
    for layer in layers:
        for source in layer.sources:
            targets[source].append(layer.name)
    twins: dict[Any, list[LayerInfo]] = {}
    for layer in layers:
        alone = not layer.sources or not targets[layer.name]
        key = layer.name if alone else (layer.kind, layer.sources, tuple(targets[layer.name]))
        twins.setdefault(key, []).append(layer)
    return tuple(Box(tuple(each)) for each in twins.values())


def arrows_of(boxes: Sequence[Box]) -> tuple[tuple[str, str], ...]:
    """Return pairs of names of boxes, from and to."""
    home = {layer.name: box.name for box in boxes for layer in box.layers}
    pairs = [(home[source], box.name) for box in boxes for layer in box.layers for source in layer.sources]
    return tuple(dict.fromkeys(pairs))


def places_of(boxes: Sequence[Box]) -> dict[str, Place]:
    """Return where each box stands, by name: below all that it takes from; long columns are folded."""
    arrows = arrows_of(boxes)
    depths: dict[str, int] = {}
    for position, box in enumerate(boxes):
        above = [depths[source] + 1 for source, target in arrows if target == box.name]
        depths[box.name] = max(above) if above else (0 if arrows else position)
    lines = [[name for name, own in depths.items() if own == depth] for depth in sorted(set(depths.values()))]
    height = -(-len(lines) // -(-len(lines) // MOST_LINES))
    return {
        name: Place(at // height, at % height, slot, len(names))
        for at, names in enumerate(lines)
        for slot, name in enumerate(names)
    }
