"""Layers of nbreg's own as plain Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbreg.errors import NbregError

Lines = list[str]


def is_own(layer: Any) -> bool:
    """Return whether nbreg defines this layer, and Keras has none of the same name that does the same."""
    import keras

    kind = type(layer)
    if kind.__module__.partition(".")[0] != "nbreg":
        return False
    theirs = getattr(keras.layers, kind.__name__, None)
    return theirs is None or not issubclass(kind, theirs)


def own_definitions(network: Any) -> Lines:
    """Return the definitions that the statements of `own_layer_code` need, for all layers of a network."""
    kinds = dict.fromkeys(type(layer).__name__ for layer in network.layers if is_own(layer))
    return [line for kind in kinds if kind in _DEFINITIONS for line in ["", *_DEFINITIONS[kind].splitlines(), "", ""]]


def own_layer_code(layer: Any, taken: str, made: str) -> Lines:
    """Return statements that do to the tensor called `taken` what `layer` does, and call the outcome `made`.

    Raises NbregError for a layer that takes more than a few lines.
    """
    name = type(layer).__name__
    if name not in _WRITERS:
        what = _TOO_LONG.get(name, f"the layer {name}")
        raise NbregError(
            f"A script holds what a few lines can say, and {what} takes more: keep it with %nnreg save, "
            "regressor.save(...)."
        )
    return _WRITERS[name](layer, taken, made)


def _bounded(layer: Any, taken: str, made: str) -> Lines:
    columns = [_squashed(how, f"{taken}[:, {i}:{i + 1}]") for i, how in enumerate(layer.squashes)]
    note = "# Predictions, in scaled units, stay within their bounds."
    if len(columns) == 1:
        return [note, f"{made} = {_squashed(layer.squashes[0], taken)}"]
    return [note, "kept = [", *(f"    {column}," for column in columns), "]", f"{made} = layers.Concatenate()(kept)"]


def _squashed(how: Any, taken: str) -> str:
    if not how.function:
        return taken
    inner = taken if how.slope == 1 else f"{_nine_digits(how.slope)} * {taken}"
    inner = f"{inner} + {_nine_digits(how.shift)}"
    inner = f"-({inner})" if how.sign < 0 else inner
    span = "" if abs(how.span) == 1 else f"{_nine_digits(abs(how.span))} * "
    return f"{_nine_digits(how.start)} {'-' if how.span < 0 else '+'} {span}keras.ops.{how.function}({inner})"


def _shares(layer: Any, taken: str, made: str) -> Lines:
    means, scales = ([float(_nine_digits(value)) for value in each] for each in (layer.mean, layer.scale))
    return [
        "# Predictions are shares of a whole, in scaled units; training begins at their means.",
        f"means = np.array({means!r}, 'float32')",
        f"scales = np.array({scales!r}, 'float32')",
        f"{made} = (keras.ops.softmax({taken} + np.log(means)) - means) / scales",
    ]


def _nine_digits(value: float) -> str:
    """Return a number with the digits that float32 can tell apart."""
    return repr(float(f"{value:.9g}"))


def _log_variances(layer: Any, taken: str, made: str) -> Lines:
    return [f"{made} = LogVariances()({taken})"]


_LOG_VARIANCES = '''
class LogVariances(layers.Layer):
    """Puts behind the predictions a trained number for each target: the logarithm of the variance of its noise."""

    def build(self, input_shape):
        self.log_variances = self.add_weight(shape=(input_shape[-1],), initializer="zeros")

    def call(self, predictions):
        return keras.ops.concatenate([predictions, keras.ops.ones_like(predictions) * self.log_variances], axis=-1)
'''

#: The name of a layer -> what writes a call of it.
_WRITERS: dict[str, Callable[[Any, str, str], Lines]] = {
    "Bounded": _bounded,
    "LogVariances": _log_variances,
    "Shares": _shares,
}

#: The name of a layer that takes too many lines -> what people know it by.
_TOO_LONG = {
    "LatentPoints": "an autoencoder (--network vae)",
    "RandomFourierFeatures": "a Gaussian process (--joint gp)",
}

#: The name of a layer -> what is to stand before the network for it.
_DEFINITIONS = {"LogVariances": _LOG_VARIANCES}
