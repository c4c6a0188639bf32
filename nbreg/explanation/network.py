"""A regressor's network as what is explained."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.frames import Frame
from nbreg.explanation.explained import ROWS_A_STEP, Explained, Floats, Function, Points
from nbreg.explanation.players import grouped
from nbreg.explanation.steps import filled_up, steps
from nbreg.explanation.target_units import in_target_units
from nbreg.training.quiet import quiet_start

if TYPE_CHECKING:
    import keras

    from nbreg.regressor import Regressor

#: From so many evaluations (of a small network) on, XLA is worth the second that it takes to compile.
XLA_FROM = 3_000_000
#: So many numbers, about, the layers may put out in one step, gradients apart; and so few rows are never parted.
MOST_NUMBERS, LEAST_ROWS = 1 << 23, 64


class ExplainedNetwork(Explained):
    """A regressor's network and the way back to target units.

    Points are the network's inputs, with the vectors of embedded categories in place of their codes, so that
    gradients reach them. `network` maps points to scaled outputs; another of the same shape may be put in its place.
    """

    has_gradient = True

    def __init__(self, regressor: Regressor, targets: Sequence[int], groups: Sequence[Sequence[str]] = ()):
        quiet_start()
        self.regressor = regressor
        self.targets = tuple(targets)
        self.columns_of_targets = regressor.target_names_
        self.network = _from_points(regressor)
        self.rows_a_step = _rows_a_step(self.network)
        self.cost = max(1.0, regressor.network_.count_params() / 4_000)
        self._tables = _embedding_tables(regressor)
        encoder, widths = regressor.encoder_, [table.shape[1] for table in self._tables]
        positions = [_in_points(block.positions, encoder.n_inputs, widths) for block in encoder.blocks]
        self.players = grouped([block.name for block in encoder.blocks], positions, groups)
        # A number's first input is its value; a second one says whether it is missing.
        self.number_columns = tuple(block.positions[0] for block in encoder.blocks if block.kind == "number")

    @property
    def target_names(self) -> tuple[str, ...]:
        return tuple(self.regressor.target_names_[i] for i in self.targets)

    def points(self, frame: Frame) -> Points:
        return self.points_of_inputs(self.regressor.encoder_.transform(frame))  # which finds columns by their names

    def points_of_inputs(self, inputs: Points) -> Points:
        """Return rows of encoded inputs ``(n, n_inputs)`` as points."""
        if not self._tables:
            return inputs
        n_numbers = inputs.shape[1] - len(self._tables)
        codes = inputs[:, n_numbers:].astype(np.intp)
        vectors = [table[codes[:, i]] for i, table in enumerate(self._tables)]
        return np.concatenate([inputs[:, :n_numbers], *vectors], axis=1)

    def function(self) -> Function:
        to_network = weakref.ref(self.network)  # what is compiled is kept with the network, and must not keep it alive
        convert = in_target_units(self.regressor.target_scaler_, self.targets)

        def function(points: Any) -> Any:
            network = to_network()
            assert network is not None  # its caller holds it
            return convert(network(points, training=False))

        return function

    def compiled(self, key: Hashable, make: Callable[[Function], Callable[..., Any]], n_evaluations: int) -> Any:
        import tensorflow as tf

        with_xla = n_evaluations * self.cost >= XLA_FROM and not self._has_convolutions

        def build() -> Any:
            return _traced(tf.function(make(self.function()), autograph=False, jit_compile=with_xla))

        return kept_with(self.network, (key, self.targets, self.players, with_xla), build)

    @property
    def _has_convolutions(self) -> bool:
        """Whether there are layers whose gradients take XLA ten times as long as TensorFlow itself."""
        return any("Conv" in type(layer).__name__ for layer in self.network.layers)

    def predict(self, points: Points) -> Floats:
        import tensorflow as tf

        size = min(self.rows_a_step, 1 << max(len(points) - 1, 1).bit_length())  # few sizes, for each is compiled anew
        forward = self.compiled(("predict", size), lambda function: function, len(points))
        parts = [forward(tf.constant(filled_up(points[rows], size))).numpy() for rows in steps(len(points), size)]
        whole: Floats = np.concatenate(parts)[: len(points)]
        return whole


_kept: weakref.WeakKeyDictionary[Any, dict[Hashable, Any]] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def kept_with(network: keras.Model, key: Hashable, build: Callable[[], Any]) -> Any:
    """Return what was built for this network under `key`, or build it; it is forgotten with the network."""
    with _lock:
        kept = _kept.setdefault(network, {})
        if key not in kept:
            kept[key] = build()
        return kept[key]


def _traced(function: Any) -> Callable[..., Any]:
    """Return a function that is traced once for each set of shapes, and then called without looking at more.

    That spares a call half of its cost, and a warning: TensorFlow takes offence at code that many calls in a row
    trace anew, and explained networks share theirs, one after the other.
    """
    traced: dict[Any, Any] = {}

    def call(*tensors: Any) -> Any:
        shapes = tuple(tuple(tensor.shape) for tensor in tensors)
        if shapes not in traced:
            traced[shapes] = function.get_concrete_function(*tensors)
        return traced[shapes](*tensors)

    return call


def _rows_a_step(network: keras.Model) -> int:
    """Return how many rows go through a network at once: fewer where its layers put out much, as convolutions do."""
    affordable = MOST_NUMBERS // max(sum(map(_numbers, network.layers)), 1)
    return int(np.clip(1 << max(affordable.bit_length() - 1, 0), LEAST_ROWS, ROWS_A_STEP))


def _numbers(layer: Any) -> int:
    """Return how many numbers a layer puts out for a row; recurrent ones keep gates and states of each step."""
    output: Any = getattr(layer, "output", None)
    if not hasattr(output, "shape"):
        return 0
    if hasattr(layer, "n_points"):  # each of which is decoded
        return int(layer.n_points * sum(each.output.shape[-1] for each in layer.decoder.layers))
    if hasattr(layer, "return_sequences"):
        return int(layer.input.shape[1] * layer.units * 8)
    return int(math.prod(output.shape[1:]))


def _from_points(regressor: Regressor) -> keras.Model:
    """Return the network from points on: itself, or with embeddings a copy that has the weights of the moment."""
    network = regressor.network_
    if not regressor.encoder_.n_levels:
        return network
    found = kept_with(network, "from points", lambda: _cut_behind_embeddings(regressor))
    found.whole.set_weights(network.get_weights())
    return found


def _cut_behind_embeddings(regressor: Regressor) -> keras.Model:
    # A copy, for a model that began in the midst of the network would leave its traces in the layers.
    import keras

    with keras.saving.custom_object_scope(regressor.blueprint_.architecture.custom_objects()):
        whole = keras.models.clone_model(regressor.network_)
    names = [layer.name for layer in whole.layers]
    entry = whole.get_layer("embedded" if "embedded" in names else "embedding_0")
    behind = keras.Model(entry.output, whole.outputs[0], name="from_points")
    behind.whole = whole
    return behind


def _embedding_tables(regressor: Regressor) -> list[Points]:
    """Return the vectors of each embedded category, ``(n_levels, width)``."""
    layers = [regressor.network_.get_layer(f"embedding_{i}") for i in range(len(regressor.encoder_.n_levels))]
    return [np.asarray(layer.embeddings.numpy(), np.float32) for layer in layers]


def _in_points(positions: Sequence[int], n_inputs: int, widths: Sequence[int]) -> tuple[int, ...]:
    """Return the columns of a point that inputs at `positions` become; the last inputs are codes of vectors."""
    n_numbers = n_inputs - len(widths)
    starts = np.cumsum([n_numbers, *widths]).tolist()
    columns: list[int] = []
    for position in positions:
        code = position - n_numbers
        columns += range(starts[code], starts[code] + widths[code]) if code >= 0 else [position]
    return tuple(columns)
