"""Which columns of a table a forecast sees, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbreg.data.dataset import check_known
from nbreg.data.frames import Frame
from nbreg.data.reading import kind_of, read_levels
from nbreg.data.spec import DataSpec
from nbreg.data.windows.spec import WindowSpec
from nbreg.errors import DataError

#: Kinds of column that can be seen step by step.
_QUANTITIES = ("number", "boolean")


@dataclass(frozen=True)
class WindowColumns:
    """Names of columns: the targets, the features observed beside them, those known in advance, and categories that
    stay as they are in a group, the group's own first.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...]
    known: tuple[str, ...]
    statics: tuple[str, ...]

    @property
    def observed(self) -> tuple[str, ...]:
        """What is seen at each step of the past."""
        return self.targets + self.features


def window_columns(frame: Frame, data: DataSpec, windows: WindowSpec) -> WindowColumns:
    """Return the columns that the choices mean: unless features are given, all that hold numbers.

    Raises DataError for columns that are not there or cannot be seen as asked.
    """
    time = _time(frame, windows)
    if windows.group is not None:
        check_known(frame, [windows.group], "the group")
    targets = _targets(frame, data, windows)
    _check_quantities(frame, windows.known, "the columns known in advance")
    both = next((name for name in windows.known if name in targets), None)
    if both is not None:
        raise DataError(f'Column "{both}" is a target and cannot be known in advance.')
    features, categories = _features(frame, data.features, {time, windows.group, *targets})
    for name in categories:
        _check_static(frame, name, windows.group)
    statics = () if windows.group is None else (windows.group, *categories)
    return WindowColumns(targets, features, windows.known, statics)


def _time(frame: Frame, windows: WindowSpec) -> str:
    if windows.time is None:
        dates = [name for name in frame.columns if kind_of(frame[name]) == "date"]
        example = dates[0] if dates else "date"
        raise DataError(f'No column of times is given: a forecast needs one, such as time="{example}" (--time COL).')
    check_known(frame, [windows.time], "the time")
    return windows.time


def _targets(frame: Frame, data: DataSpec, windows: WindowSpec) -> tuple[str, ...]:
    if not data.target:
        taken = (windows.time, windows.group)
        names = [n for n in frame.columns if frame[n].dtype.is_numeric() and n not in taken] or ["temp"]
        raise DataError(f'No target is given: name the column to forecast, such as target="{names[0]}" (--target COL).')
    check_known(frame, data.target, "the target")
    for name in data.target:
        if data.target.count(name) > 1:
            raise DataError(f'Target "{name}" is given twice; give each once.')
        if name in (windows.time, windows.group):
            raise DataError(f'Column "{name}" says when or of what a row is; it cannot be the target too.')
    _check_quantities(frame, data.target, "the target")
    return data.target


def _check_quantities(frame: Frame, names: Sequence[str], role: str) -> None:
    check_known(frame, names, role)
    for name in names:
        if kind_of(frame[name]) not in (*_QUANTITIES, "empty"):
            raise DataError(f'Column "{name}" for {role} takes numbers; it holds {kind_of(frame[name])} values.')


def _features(
    frame: Frame, asked: Sequence[str] | None, taken: set[str | None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return features that hold quantities, and those that hold categories."""
    check_known(frame, asked or (), "the features")
    names = [name for name in dict.fromkeys(frame.columns if asked is None else asked) if name not in taken]
    kinds = {name: kind_of(frame[name]) for name in names}
    quantities = tuple(name for name in names if kinds[name] in _QUANTITIES)
    if asked is None:
        return quantities, ()
    for name in names:
        if kinds[name] not in (*_QUANTITIES, "category", "empty"):
            raise DataError(f'Feature "{name}" holds {kinds[name]} values; a forecast sees numbers and categories.')
    return quantities, tuple(name for name in names if kinds[name] == "category")


def _check_static(frame: Frame, name: str, group: str | None) -> None:
    if group is not None:
        groups, values = (read_levels(frame[each])[0] for each in (group, name))
        if len(np.unique(np.stack([groups, values]), axis=1).T) == len(np.unique(groups)):
            return
    raise DataError(
        f'Feature "{name}" is a category that changes from step to step; a forecast takes categories that stay as '
        "they are in a group. Give it as numbers (0 and 1, say), or leave it out."
    )
