"""Bounds of targets as people give them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nbreg.option_words import number_text, parted
from nbreg.options import Real, Repeated

#: A target's name, its least value and its greatest; None: there is no such bound.
Bound = tuple[str, float | None, float | None]


class TargetBounds(Repeated):
    """Least and greatest values of targets: ``{"price": (0, None)}``, or texts such as ``price=0:``.

    Normally a tuple of triples: name, least and greatest value, None where that side is open.
    """

    expected = "TARGET=LEAST:GREATEST, where one of both may be left out, such as price=0: or humidity=0:100"
    metavar = "TARGET=LEAST:GREATEST"

    def parse(self, text: str) -> Any:
        return parted(text)

    def check(self, value: Any) -> tuple[Bound, ...]:
        bounds = super().check(value.items() if isinstance(value, Mapping) else value)
        return tuple({bound[0]: bound for bound in bounds}.values())  # of two for a target the later one holds

    def check_one(self, value: Any) -> Bound:
        name, least, greatest = _parted(value)
        least, greatest = _end(least), _end(greatest)
        is_empty = least is None and greatest is None
        if not name or not isinstance(name, str) or is_empty:
            raise ValueError
        if least is not None and greatest is not None and not least < greatest:
            raise ValueError
        return name, least, greatest

    def text_of_one(self, value: Bound) -> str:
        name, *ends = value
        return f"{name}=" + ":".join("" if end is None else number_text(end) for end in ends)

    def code(self, value: tuple[Bound, ...]) -> str:
        return "{" + ", ".join(f"{name!r}: {ends!r}" for name, *rest in value for ends in [tuple(rest)]) + "}"


def _parted(value: Any) -> tuple[Any, Any, Any]:
    """Return name and both ends of ``"y=0:1"``, ``("y", (0, 1))`` or ``("y", 0, 1)``."""
    if isinstance(value, str):
        name, _, ends = value.rpartition("=")
        least, colon, greatest = ends.partition(":")
        if not colon:
            raise ValueError
        return name, least.strip(), greatest.strip()
    name, *rest = value
    least, greatest = rest[0] if len(rest) == 1 else rest
    return name, least, greatest


def _end(value: Any) -> float | None:
    """Return one end as a number, None where it is open."""
    if value is None or value == "":
        return None
    number = float(value) if isinstance(value, str) else value
    if isinstance(number, float) and math.isinf(number):
        return None
    return Real().check(number)
