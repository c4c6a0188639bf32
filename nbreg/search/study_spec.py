"""The choices of a study; light to import, for help and completion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbreg.options import Repeated, option, with_default
from nbreg.search.fold_spec import FoldSpec


class Values(Repeated):
    """Values of factors as they were given: texts such as ``16,64``, or values of Python; see `study_values`.

    Normally a tuple of what was given; values of several factors are pairs of a name and a tuple.
    """

    expected = "values such as 16,64,256, with | between them where they have commas: 64,32|128,64"
    metavar = "VALUES"
    of_columns = False

    def check(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, Mapping):
            return tuple((str(name), tuple_of(values)) for name, values in value.items())
        return tuple_of(value)


def tuple_of(values: Any) -> tuple[Any, ...]:
    """Return values as a tuple, a text as the only one. Raises TypeError for what has none."""
    return (values,) if isinstance(values, str) else tuple(values)


@dataclass(frozen=True)
class StudySpec(FoldSpec):
    """Which values are tried, and on which folds.

    Unless told otherwise, five random splits hold out the share ``test_fraction`` of the rows each: the setting that
    the corrected resampled t-test (Nadeau & Bengio 2003) is made for.
    """

    folds: int = with_default(FoldSpec, "folds", 1)
    repeats: int = with_default(FoldSpec, "repeats", 5)
    values: tuple[Any, ...] = option(
        (),
        "Values to try, such as 16,64,256; where they have commas themselves, 64,32|128,64. Of two factors each with "
        "its name: hidden_units=16,64. Unless given, those that the factor has.",
        Values(),
    )
