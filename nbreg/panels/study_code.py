"""The line and the Python that do what a study panel does, and those that train with one of the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.retelling import data_code, fit_code, fit_line, magic_line, python_call
from nbreg.search.study_options import study_options


def study_lines(arguments: Mapping[str, Any], table: str, out: str | None) -> tuple[str, str]:
    """Return the line and the Python call that make the study of these arguments, those of ``nbreg.study``."""
    known = study_options()
    factors, values = arguments["factor"], arguments.get("values", ())
    rest = {name: value for name, value in arguments.items() if name not in ("factor", "values")}
    given = [f"{name}={text}" for name, text in values.items()] if isinstance(values, Mapping) else values or ()
    flags = [known["values"].flags(given)] if given else []
    flags = [
        known["target"].flags(rest["target"]),
        *flags,
        *(known[n].flags(v) for n, v in rest.items() if n != "target"),
    ]
    line = magic_line(f"study {','.join(factors)}", table, flags, out)
    factor = repr(factors[0] if len(factors) == 1 else list(factors))
    named = {name: known[name].code(value) for name, value in rest.items()}
    told = {"target": named.pop("target"), **({"values": repr(values)} if values else {}), **named}
    return line, python_call(
        "study", [factor, data_code(table), *(f"{name}={code}" for name, code in told.items())], out
    )


def fit_lines(arguments: Mapping[str, Any], table: str, verb: str = "fit") -> tuple[str, str]:
    """Return the line and the Python call that train with these arguments, those of ``nbreg.fit`` (or ``forecast``)."""
    return fit_line(arguments, table, verb=verb), fit_code(arguments, table, verb=verb)
