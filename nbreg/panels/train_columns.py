"""The columns of a table as the train panel shows them: chips with type, gaps and a small distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.data.profile import ColumnProfile, Profile
from nbreg.evaluation.wording import counted, per_cent
from nbreg.panels.train_task import Task


def chips(profile: Profile, task: Task, choices: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what there is to show of each column, as plain data.

    The role of one that could be a feature is feature or out; `usual` says whether it is one unless features are given.
    """
    return [_chip(column, _role(column, task, choices), task.is_usual(column.kind)) for column in profile.columns]


def _role(column: ColumnProfile, task: Task, choices: Mapping[str, Any]) -> str:
    features = choices["features"]
    is_wanted = task.is_usual(column.kind) if features is None else column.name in features
    return task.role(column.name, choices) or ("feature" if is_wanted else "out")


def _chip(column: ColumnProfile, role: str, usual: bool) -> dict[str, Any]:
    counts = column.counts or tuple(n_rows for _, n_rows in column.levels)
    highest = max(counts, default=0)
    return {
        "name": column.name,
        "kind": column.kind,
        "role": role,
        "usual": usual,
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
