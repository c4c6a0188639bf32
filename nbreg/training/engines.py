"""Which engine runs the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.training.compiled_epochs import Shape

if TYPE_CHECKING:
    import keras

    from nbreg.training.arrays import Arrays
    from nbreg.training.spec import TrainingSpec

#: Layers that XLA was measured to compile in bounded time, into something faster. (Not so convolutions: XLA's take ten
#: times as long.)
_MEASURED_LAYERS = {
    "Activation", "Add", "BatchNormalization", "Concatenate", "Dense", "Dropout", "ELU", "EinsumDense", "Embedding",
    "GetItem", "InputLayer", "LeakyReLU", "ReLU",
}  # fmt: skip
#: Numbers that a step may draw for dropout: XLA takes 12 ns for each, in one thread, which is more than a graph does.
#: Steps of 2,048 to 24,000 were 1.3 to 5 times as fast as in a graph, of 49,000 hardly faster, of 98,000 slower.
_MOST_DRAWN = 2**15
#: XLA is taken up to so many inputs, layers and trained weights (others make no step slower than in a graph), and from
#: so many train steps on: it compiles for 1.5 to 2.5 s, and then saves about 0.12 ms a step.
_MOST_INPUTS, _MOST_LAYERS, _MOST_WEIGHTS, _FEWEST_STEPS = 256, 24, 100_000, 10_000
#: Layers that go through a sequence are loops, which XLA compiles as such: in 4.5 s of CPU time for a window of 12
#: steps, 5.5 s for 48, 6.5 s for 168, which is 2.8, 3.4 and 4.1 s more than a graph takes. It then saves some 0.1 ms a
#: train step for each step of the window, so that it pays from so many of these in all on: 625 train steps of windows
#: of 48. It is worth it for wider rows, too, and beside what a Dropout takes.
_RECURRENT_LAYERS = {"GRU", "LSTM", "SimpleRNN"}
_BESIDE_RECURRENT = {"Reshape"}
_MOST_SEQUENCE_INPUTS, _FEWEST_WINDOW_STEPS = 4_096, 30_000

#: A validation step takes as many rows as keep it short: 8,192 for networks of up to 32,768 weights, then fewer.
_VALIDATION_WORK, _MOST_VALIDATION_ROWS, _FEWEST_VALIDATION_ROWS = 2**28, 8_192, 256

_BATCH_HOOKS = (
    "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin",
    "on_test_batch_end",
)  # fmt: skip


def why_keras(network: keras.Model, callbacks: Any) -> str:
    """Return why only Keras's own fit can train this network, in words for a note; or nothing."""
    import tensorflow as tf

    if tf.config.functions_run_eagerly() or getattr(network, "run_eagerly", False):
        return "the network runs eagerly"
    for callback in callbacks:
        if _wants_batches(callback):
            return f"the callback {type(callback).__name__} wants to hear of every batch"
    return ""


def shape_of(network: keras.Model, arrays: Arrays, spec: TrainingSpec) -> Shape:
    """Return how many rows there are, and how many a step takes."""
    batch_size = spec.for_rows(arrays.n_rows).batch_size
    return Shape.of(arrays, batch_size, validation_batch_size(network, arrays.n_validation_rows))


def validation_batch_size(network: keras.Model, n_validation_rows: int) -> int:
    """Return how many rows a validation step takes; it goes by the network's size and the number of rows."""
    affordable = 2 ** int(np.log2(max(_VALIDATION_WORK // max(network.count_params(), 1), 1)))
    rows = int(np.clip(affordable, _FEWEST_VALIDATION_ROWS, _MOST_VALIDATION_ROWS))
    return max(min(rows, n_validation_rows), 1)


def engine_of(network: keras.Model, shape: Shape, spec: TrainingSpec) -> str:
    """Return ``"xla"``, ``"graph"`` or ``"keras"``: what the spec asks for, or what suits.

    XLA makes small steps several times as fast, but compiles for a second or more, and without bound for
    some layers and widths. The choice goes by the spec, the layers and the shapes alone, never by the
    clock or by what was compiled before: the last bits differ, and a seed is to give the same each time.
    """
    if spec.engine != "auto":
        return spec.engine
    layers = list(all_layers(network))
    n_steps, window = spec.for_rows(shape.n_rows).epochs * shape.n_steps * spec.refits, longest_window(layers)
    pays = n_steps * window >= _FEWEST_WINDOW_STEPS if window else n_steps >= _FEWEST_STEPS
    return "xla" if pays and _fits_xla(network, layers, shape, has_window=bool(window)) else "graph"


def longest_window(layers: Iterable[Any]) -> int:
    """Return how many steps there are in the longest sequence that one of `layers` goes through; 0: there is none."""
    recurrent = [layer for layer in layers if type(layer).__name__ in _RECURRENT_LAYERS]
    return max((layer.get_build_config()["input_shape"][1] or 0 for layer in recurrent), default=0)


def _fits_xla(network: keras.Model, layers: list[Any], shape: Shape, *, has_window: bool) -> bool:
    """Return whether XLA compiles such a network in bounded time, into something faster."""
    measured = _MEASURED_LAYERS | (_RECURRENT_LAYERS | _BESIDE_RECURRENT if has_window else set())
    return (
        shape.n_inputs <= (_MOST_SEQUENCE_INPUTS if has_window else _MOST_INPUTS)
        and len(layers) <= _MOST_LAYERS
        and sum(math.prod(weight.shape) for weight in network.trainable_weights) <= _MOST_WEIGHTS
        and {type(layer).__name__ for layer in layers} <= measured
        and all(map(is_of_keras, layers))
        and (has_window or shape.batch_size * sum(map(_n_dropped, layers)) <= _MOST_DRAWN)
    )


def _n_dropped(layer: Any) -> int:
    """Return how many numbers a layer draws for each row."""
    return math.prod(layer.output.shape[1:]) if type(layer).__name__ == "Dropout" and layer.rate else 0


def all_layers(network: Any) -> Iterator[Any]:
    """Yield the layers of a network, those of networks within it too."""
    for layer in network.layers:
        if getattr(layer, "layers", None):
            yield from all_layers(layer)
        else:
            yield layer


def is_of_keras(thing: Any) -> bool:
    """Return whether Keras itself defines the class of `thing`."""
    return type(thing).__module__.split(".")[0] == "keras"


def _wants_batches(callback: Any) -> bool:
    """Return whether one of the callback's hooks for batches does something."""
    import keras

    if isinstance(callback, (keras.callbacks.TerminateOnNaN, keras.callbacks.ProgbarLogger)):
        return False  # training stops on NaN anyway, and the run reports progress
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return bool(callback.save_freq != "epoch")
    base = keras.callbacks.Callback
    return any(getattr(getattr(callback, name), "__func__", None) is not getattr(base, name) for name in _BATCH_HOOKS)
