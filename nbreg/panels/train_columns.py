"""The columns of a table as the train panel shows them: chips with type, gaps and a small distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbreg.data.profile import ColumnProfile, Profile
from nbreg.evaluation.wording import counted, per_cent


def chips(profile: Profile, targets: Iterable[str], features: Iterable[str] | None) -> list[dict[str, Any]]:
    """Return what there is to show of each column, as plain data; `features` None: all but the targets."""
    targets = set(targets)
    wanted = None if features is None else set(features)
    return [_chip(column, _role(column.name, targets, wanted)) for column in profile.columns]


def _role(name: str, targets: set[str], features: set[str] | None) -> str:
    if name in targets:
        return "target"
    return "feature" if features is None or name in features else "out"


def _chip(column: ColumnProfile, role: str) -> dict[str, Any]:
    counts = column.counts or tuple(n_rows for _, n_rows in column.levels)
    highest = max(counts, default=0)
    return {
        "name": column.name,
        "kind": column.kind,
        "role": role,
        "missing": f"{per_cent(column.n_missing / column.n_rows)} missing" if column.n_missing else "",
        "range": _range(column),
        "bars": [round(each / highest, 3) for each in counts] if highest else [],
        "warning": column.warning,
        "suspicion": column.suspicion,
    }


def _range(column: ColumnProfile) -> str:
    if column.low or column.high:
        return column.low if column.low == column.high else f"{column.low} to {column.high}"
    return f"{counted(column.n_distinct, 'level')}{' or more' if column.has_more_distinct else ''}"
