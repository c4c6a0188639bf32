"""From a Keras object to the call that makes it."""

from __future__ import annotations

import inspect
from pprint import pformat
from typing import Any

import numpy as np

#: Longest line of a script before each argument of its call gets one of its own.
WIDTH = 120

#: Entries of a configuration that making a thing does not need.
_NOT_SAID = {"name", "trainable", "dtype", "quantization_config"}


def arguments_code(thing: Any) -> list[str]:
    """Return the arguments of the call that makes a Keras object like `thing`: those that are not at their defaults."""
    made_by = inspect.signature(type(thing).__init__).parameters
    config = thing.get_config()
    required = [name for name, each in made_by.items() if name in config and each.default is inspect.Parameter.empty]
    usual = type(thing)(**{name: getattr(thing, name, config[name]) for name in required}).get_config()
    changed = [name for name in config if name not in required and name in made_by and name not in _NOT_SAID]
    if type(thing).__name__.endswith("1D"):  # the one size along the one axis stands in a tuple
        config = {name: value[0] if _is_single(value) else value for name, value in config.items()}
        usual = {name: value[0] if _is_single(value) else value for name, value in usual.items()}
    arguments = [value_code(config[name]) for name in required]
    return [*arguments, *(f"{name}={value_code(config[name])}" for name in changed if config[name] != usual.get(name))]


def _is_single(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 1


def value_code(value: Any) -> str:
    """Return Python for a value of a configuration; a nested Keras object becomes its own call."""
    import keras

    if isinstance(value, dict) and "class_name" in value:
        thing = keras.saving.deserialize_keras_object(value)
        home, arguments = value["module"].partition(".")[2], arguments_code(thing)
        if home == "initializers" and not arguments:
            return repr(type(thing).__name__.lower())  # "zeros", "ones"
        return f"keras.{home}.{type(thing).__name__}({', '.join(arguments)})"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(value_code(each) for each in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(_shortest(value) if isinstance(value, float) else value)


def call_lines(before: str, arguments: list[str], after: str = ")") -> list[str]:
    """Return a call, which begins with `before`, an opening bracket last, in one line or with a line an argument."""
    line = f"{before}{', '.join(arguments)}{after}"
    return [line] if len(line) <= WIDTH else [before, *(f"    {each}," for each in arguments), after]


def named(name: str, value: Any) -> list[str]:
    """Return ``name = value``, over several lines where it is long."""
    first, *others = pformat(value, width=WIDTH - len(name) - 3, compact=True, sort_dicts=False).splitlines()
    return [f"{name} = {first}", *(" " * (len(name) + 3) + line for line in others)]


def _shortest(number: float) -> float:
    """Return 0.1 for 0.10000000149: Keras keeps some choices as float32."""
    short = float(str(np.float32(number)))
    return short if float(np.float32(number)) == number else number
