"""From inputs to a network's outputs, fast: Keras's own ``predict`` takes a tenth of a second for one row."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

Matrix = npt.NDArray[np.float32]

#: Rows are padded to one of these numbers: a row's outputs then do not depend on its company.
_CHUNKS = (64, 1_024, 8_192)
#: Up to so many rows a chain of dense layers is sooner computed by NumPy.
_FEW_ROWS = 8

_functions: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_lock = threading.Lock()

_ACTIVATIONS: dict[str, Callable[[Matrix], Matrix]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: np.tanh(z * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5),
}


def predict_rows(network: keras.Model, x: npt.ArrayLike) -> Matrix:
    """Return the network's outputs, float32 ``(n_rows, n_targets)``, for inputs ``(n_rows, n_inputs)``.

    Layers behave as they do after training. May be called from any thread, and sees the weights of the moment.
    """
    rows = np.ascontiguousarray(x, dtype=np.float32)
    layers = _dense_chain(network) if len(rows) <= _FEW_ROWS else None
    if layers is not None:
        return _through_numpy(layers, rows)
    starts = range(0, max(len(rows), 1), _CHUNKS[-1])
    parts = [_one_chunk(network, rows[start : start + _CHUNKS[-1]]) for start in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _one_chunk(network: keras.Model, rows: Matrix) -> Matrix:
    import tensorflow as tf

    size = next(size for size in _CHUNKS if len(rows) <= size)
    padded = np.zeros((size, *rows.shape[1:]), np.float32)
    padded[: len(rows)] = rows
    outputs: Matrix = _function(network)(tf.constant(padded)).numpy()
    return outputs[: len(rows)].astype(np.float32, copy=False)


def _function(network: keras.Model) -> Any:
    """Return the compiled forward pass; it is made on first use, and forgotten with the network."""
    import tensorflow as tf

    with _lock:
        if network not in _functions:
            to_network = weakref.ref(network)  # a cache that held the network would keep it for ever
            rows = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)

            def forward(x: Any) -> Any:
                found = to_network()
                assert found is not None  # its caller holds it
                return found(x, training=False)

            _functions[network] = tf.function(forward, input_signature=[rows], autograph=False).get_concrete_function()
        return _functions[network]


def _dense_chain(network: keras.Model) -> list[Any] | None:
    """Return the layers that count, where they are dense ones, one after the other, with simple activations."""
    import keras

    if not _is_chain(network):
        return None
    passed_by = keras.layers.InputLayer, keras.layers.Dropout
    layers = [layer for layer in network.layers if not isinstance(layer, passed_by)]
    simple = all(type(layer) is keras.layers.Dense and layer.activation.__name__ in _ACTIVATIONS for layer in layers)
    return layers if simple and layers else None


def _is_chain(network: keras.Model) -> bool:
    """Return whether each layer takes what the one before it gives, and nothing else."""
    import keras

    if isinstance(network, keras.Sequential):
        return True
    if type(network).__name__ != "Functional" or len(network.outputs) != 1:
        return False
    wired = zip(network.layers[1:], network.layers[:-1], strict=True)
    is_fed = all(len(after._inbound_nodes) == 1 and after.input is before.output for after, before in wired)
    return is_fed and network.outputs[0] is network.layers[-1].output


def _through_numpy(layers: list[Any], rows: Matrix) -> Matrix:
    outputs = rows
    for layer in layers:
        outputs = outputs @ layer.kernel.numpy()
        if layer.use_bias:
            outputs = outputs + layer.bias.numpy()
        outputs = _ACTIVATIONS[layer.activation.__name__](outputs)
    return outputs
