"""From the options of a line to the arguments of ``nbreg.fit``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nbreg.magics.command import Call
from nbreg.magics.run_names import start_meant


def fit_choices(call: Call, table: Any) -> dict[str, Any]:
    """Return the options of the call as ``nbreg.fit`` takes them: names of columns parted, a start found by its name.

    `table` is what is learned from, or the path of it, or None where it is not known yet.
    """
    choices = dict(call.options)
    if choices.get("start"):
        choices["start"] = start_meant(choices["start"], call.shell.user_ns)
    for several in ("target", "features"):
        if choices.get(several):
            choices[several] = _parted(choices[several], _column_names(table))
    return choices


def _column_names(table: Any) -> Sequence[str]:
    return [str(name) for name in getattr(table, "columns", ())] if not isinstance(table, str) else ()


def _parted(names: Iterable[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return `names` with ``a,b`` taken apart, unless a column is called just that."""
    return tuple(
        part.strip() for name in names for part in ([name] if name in columns else name.split(",")) if part.strip()
    )
