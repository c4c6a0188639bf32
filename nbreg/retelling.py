"""A fit or a forecast told again: the line and the Python that do the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbreg.branching.starting import Starting, parted
from nbreg.data.frames import is_table_path
from nbreg.export.call_code import arguments_code
from nbreg.fit_options import fit_options
from nbreg.forecasting.options import forecast_options
from nbreg.options import Option
from nbreg.regressor import Regressor
from nbreg.session import SESSION

#: Longest line of Python before each argument gets one of its own.
_WIDTH = 88
#: The commands that can be told, which are functions too, and their options.
_VERBS = {"fit": fit_options, "forecast": forecast_options}
#: A dollar sign before a word, with an even number of single quotes behind it.
_OPEN_DOLLAR = re.compile(r"\$(?=[\w.]+(?:[^']*'[^']*')*[^']*$)")


def fit_line(options: Mapping[str, Any], data_name: str, out: str | None = None, *, verb: str = "fit") -> str:
    """Return the ``%nnreg fit`` line with `options`, those of ``nbreg.fit``, on the table called `data_name`.

    With the `verb` forecast it is that of ``%nnreg forecast``.

    It says what differs from the defaults, or, with ``start`` among the options, from the run that is gone on from.
    IPython gives the magic the same words, whatever braces and dollar signs names hold. Raises OptionError for a value
    that an option does not take.
    """
    known = _VERBS[verb]() | Starting.options()
    flags = [known[name].flags(value) for name, value in _differing(options, _VERBS[verb]()).items()]
    return magic_line(verb, data_name, flags, out)


def fit_code(options: Mapping[str, Any], data_name: str, out: str | None = None, *, verb: str = "fit") -> str:
    """Return the call of ``nbreg.fit`` that does the same as `fit_line`, on one line or with one for each argument."""
    known = _VERBS[verb]() | Starting.options()
    differing = _differing(options, _VERBS[verb]()).items()
    return python_call(
        verb, [data_code(data_name), *(f"{name}={known[name].code(value)}" for name, value in differing)], out
    )


def magic_line(verb: str, data_name: str, flags: Sequence[str], out: str | None = None) -> str:
    """Return the line ``%nnreg VERB DATA FLAGS -o OUT``, of which IPython gives the magic the same words."""
    words = [f"%nnreg {verb}", _as_word(data_name), *flags, *(["-o", out] if out else [])]
    return _unexpanded(" ".join(words))


def python_call(verb: str, arguments: Sequence[str], out: str | None = None) -> str:
    """Return the call ``OUT = nbreg.VERB(ARGUMENTS)``, on one line or with one for each argument."""
    begin = f"{out} = nbreg.{verb}(" if out else f"nbreg.{verb}("
    line = f"{begin}{', '.join(arguments)})"
    return line if len(line) <= _WIDTH else "\n    ".join([begin, *(f"{each}," for each in arguments)]) + "\n)"


def layer_lines(layers: Sequence[Any]) -> list[str]:
    """Return the lines of a ``%%nnreg`` cell that list such Keras layers; a comment where one cannot be told."""
    try:
        return [f"{type(layer).__name__}({', '.join(arguments_code(layer))})" for layer in layers]
    except Exception:  # layers with code of the user's own raise what they like
        return ["# the same layers"]


def data_code(data_name: str) -> str:
    """Return what stands for a table in Python: its name, or its path as text."""
    return repr(data_name) if is_table_path(data_name) else data_name


def _differing(options: Mapping[str, Any], known: Mapping[str, Option]) -> dict[str, Any]:
    """Return the options to be told, in the order in which they are declared, `start` after what says the target."""
    start = options.get("start")
    base = {name: each.default for name, each in known.items()}
    told = {}
    if start is not None:
        branch, number = SESSION.branch(start)
        told["start"], base = _start_words(start, number), branch.own_choices()
    checked = {name: each.check(options[name]) for name, each in known.items() if name in options}
    return told | {name: value for name, value in checked.items() if value != known[name].check(base[name])}


def _start_words(start: Any, number: int) -> str:
    """Return what names the run in text; a regressor goes by its run's number."""
    ref, epoch = parted(start)
    ref = number if isinstance(ref, Regressor) else ref
    return str(ref) if epoch is None else f"{ref}@{epoch}"


def _as_word(text: str) -> str:
    if re.fullmatch(r"[\w./:\\-]+", text):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def _unexpanded(line: str) -> str:
    """Return `line` so that IPython, which puts values in place of ``{name}`` and ``$name``, leaves it as it was.

    Braces are doubled, and so are dollar signs before a word, but for those that IPython takes to be in single quotes:
    it counts them from one brace to the next.
    """
    pieces = re.split(r"(?<=[{}])", line)
    return "".join(_OPEN_DOLLAR.sub("$$", piece).replace("{", "{{").replace("}", "}}") for piece in pieces)
