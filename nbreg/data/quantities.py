"""Columns of quantities: numbers, booleans, and what dates say."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.data.dates import UNBOUNDED, calendar_parts
from nbreg.data.reading import Floats, Series, read_flags, read_numbers, read_times


@dataclass(frozen=True)
class QuantityColumn:
    """A column of quantities: a number, a boolean, or the parts of a date.

    `parts` names what is read from it (one nameless part, but for dates); `has_gaps` whether its train rows
    have gaps, which then get an input of their own.
    """

    name: str
    kind: str
    parts: tuple[str, ...] = ("",)
    has_gaps: bool = False
    time_zone: str | None = None

    def read(self, series: Series) -> list[Floats]:
        """Return one ``(n,)`` for each part, gaps as NaN. Raises DataError where the column is now of another kind."""
        if self.kind == "date":
            parts = calendar_parts(read_times(series, self.time_zone))
            return [parts[name] for name in self.parts]
        return [read_flags(series) if self.kind == "boolean" else read_numbers(series)]

    @property
    def is_scaled(self) -> list[bool]:
        """For each part, whether it is scaled: 0/1 and points on a circle have their size already."""
        return [self.kind == "number" or part in UNBOUNDED for part in self.parts]

    @property
    def input_names(self) -> list[str]:
        names = [f"{self.name} {part}".rstrip() if part else self.name for part in self.parts]
        return [*names, f"{self.name} is missing"] if self.has_gaps else names
