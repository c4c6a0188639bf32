"""Which columns are the channels of one signal, named by patterns such as ``x_*``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from nbreg.errors import DataError, did_you_mean
from nbreg.options import Columns

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class ColumnPatterns(Columns):
    """Names of columns, or patterns for many: ``*`` any letters, ``?`` one, ``[0-9]`` one of these."""

    expected = 'names of columns or patterns for them, such as "x_*"'
    metavar = "PATTERN"


def channel_names(patterns: Sequence[str], columns: Sequence[str], not_these: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the columns that `patterns` name, in the order along the signal; those of `not_these` never match.

    What one pattern matches is in the order of the number in the names where they differ in nothing else (x_9 before
    x_10), else in the table's. Several patterns follow each other. Raises DataError for one that matches nothing.
    """
    candidates = [name for name in columns if name not in not_these]
    found: dict[str, None] = {}
    for pattern in patterns:
        found.update(dict.fromkeys(_matching(pattern, candidates)))
    return tuple(found)


def _matching(pattern: str, names: Sequence[str]) -> list[str]:
    if pattern in names:
        return [pattern]
    matching = [name for name in names if fnmatchcase(name, pattern)]
    if not matching:
        raise DataError(f'No column matches the channels "{pattern}" (--channels).{did_you_mean(pattern, names)}')
    return _by_number(matching)


def _by_number(names: list[str]) -> list[str]:
    """Return names in the order of their last number, if they differ in nothing else; else as they came."""
    numbers = {name: _NUMBER.findall(name) for name in names}
    frames = {name: (_NUMBER.sub("#", name), *numbers[name][:-1]) for name in names}
    if not all(numbers.values()) or len(set(frames.values())) > 1:
        return names
    return sorted(names, key=lambda name: float(numbers[name][-1]))
