"""From the options of a line to what Python takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbreg.branching.starting import RunAt
from nbreg.magics.command import Call
from nbreg.magics.run_names import start_meant
from nbreg.options import Columns, Kind, Option, Optional


def meant(call: Call, declared: Mapping[str, Option], table: Any) -> dict[str, Any]:
    """Return the options of the call as Python takes them: names of columns parted, a start found by its name.

    `table` is what is learned from, or the path of it, or None where it is not known yet.
    """
    return {
        name: _meant(declared[name].kind, value, call, table) if value else value
        for name, value in call.options.items()
    }


def _meant(kind: Kind, value: Any, call: Call, table: Any) -> Any:
    kind = kind.kind if isinstance(kind, Optional) else kind
    if isinstance(kind, RunAt):
        return start_meant(value, call.shell.user_ns)
    return _parted(value, _column_names(table)) if isinstance(kind, Columns) else value


def _column_names(table: Any) -> Sequence[str]:
    return [str(name) for name in getattr(table, "columns", ())] if not isinstance(table, str) else ()


def _parted(names: Iterable[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return `names` with ``a,b`` taken apart, unless a column is called just that."""
    return tuple(
        part.strip() for name in names for part in ([name] if name in columns else name.split(",")) if part.strip()
    )
