"""The choices about windows."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Column, Columns, Integer, Optional, Real, Spec, Switch, option


@dataclass(frozen=True)
class WindowSpec(Spec):
    """How much of a series a forecast sees, and how far ahead it goes."""

    time: str | None = option(None, "Column of times, in equal steps; rows may be missing.", Optional(Column()))
    group: str | None = option(
        None, "Column of groups, each a series of its own; windows never cross them.", Optional(Column())
    )
    window: int = option(48, "Steps of the past that a forecast sees.", Integer(minimum=1))
    horizon: int = option(24, "Steps ahead to forecast, all at once.", Integer(minimum=1))
    known: tuple[str, ...] = option(
        (),
        "Columns that are known in advance, such as holidays: seen at the steps to forecast too.",
        Columns(),
        title="Known in advance",
    )
    calendar: bool = option(True, "See the hour of the day, the day of the week and the day of the year.", Switch())
    most_gaps: float = option(
        0.25, "Windows of whose past more than this share is missing are left out.", Real(minimum=0, maximum=1),
        expert=True,
    )  # fmt: skip
