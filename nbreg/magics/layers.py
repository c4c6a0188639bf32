"""The body of ``%%nnreg fit``: one Keras layer a line."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from nbreg.errors import OptionError, did_you_mean
from nbreg.training.quiet import import_keras


def layers_of(body: str, names: Mapping[str, Any]) -> list[Any]:
    """Return the Keras layers that the lines of `body` make; blank lines and comments are passed over.

    Names are those of ``keras.layers``, ``keras`` itself, and the notebook's `names`. Raises OptionError, with
    the number of the line in its cell, where a line makes no layer.
    """
    keras = import_keras()
    scope = {**vars(keras.layers), "keras": keras, "layers": keras.layers, **names}
    # The magic's own line is the cell's first.
    lines = enumerate(body.splitlines(), start=2)
    layers = [_layer(text.strip(), number, scope) for number, text in lines if text.split("#")[0].strip()]
    if not layers:
        raise OptionError('The cell lists no layers; write one a line, such as Dense(64, activation="relu").')
    return layers


def _layer(text: str, number: int, scope: dict[str, Any]) -> Any:
    import keras

    try:
        value = eval(compile(text.rstrip(","), f"<line {number}>", "eval"), scope)  # the user's own code
    except Exception as error:
        raise OptionError(f"Line {number}, {text}: {_reason(error, scope)}") from error
    if not isinstance(value, keras.layers.Layer):
        raise OptionError(f"Line {number}, {text}: expected a Keras layer, got {type(value).__name__}.")
    return value


def _reason(error: Exception, scope: Mapping[str, Any]) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg}."
    said = str(error).strip().splitlines()[0]
    if isinstance(error, NameError) and error.name:
        known = [name for name in scope if not name.startswith("_") and name not in vars(builtins)]
        hint = did_you_mean(error.name, known)
        return f"{said}." + (hint if "Did you mean" in hint else "")
    return said
