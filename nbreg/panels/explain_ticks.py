"""Where an axis is labelled, and with what words."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

from nbreg.evaluation.wording import tick

#: More labels than this have no room beside each other.
MOST = 6

_EPOCH = date(1970, 1, 1)


class Tick(NamedTuple):
    """A place on an axis and its label."""

    value: float
    text: str


def number_ticks(low: float, high: float, most: int = MOST) -> list[Tick]:
    """Return round numbers from `low` to `high`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [Tick(low, tick(low))] if math.isfinite(low) else []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [float(f"{k * step:.12g}") + 0.0 for k in range(first, last + 1)]
    return [Tick(value, tick(value)) for value in values]


def date_ticks(low: float, high: float, most: int = MOST) -> list[Tick]:
    """Return beginnings of years, months or days between two days since 1970."""
    begin, end = (_EPOCH + timedelta(days=math.floor(day)) for day in (low, high))
    years, months = end.year - begin.year, (end.year - begin.year) * 12 + end.month - begin.month
    if years >= 3:
        step = max(1, math.ceil(years / most))
        found = [(date(year, 1, 1), str(year)) for year in range(begin.year, end.year + 1) if year % step == 0]
    elif months >= 3:
        step = next(each for each in (1, 2, 3, 6, 12) if months / each <= most)
        starts = [date(begin.year + m // 12, m % 12 + 1, 1) for m in range(begin.month - 1, begin.month + months)]
        found = [(day, f"{day:%b %Y}") for day in starts if (day.month - 1) % step == 0]
    else:
        step = max(1, math.ceil((end - begin).days / most))
        found = [(begin + timedelta(days=k), "") for k in range(0, (end - begin).days + 1, step)]
        found = [(day, f"{day.day} {day:%b}") for day, _ in found]
    ticks = [Tick(float((day - _EPOCH).days), text) for day, text in found]
    return [each for each in ticks if low <= each.value <= high]


def level_ticks(levels: tuple[str, ...]) -> list[Tick]:
    """Return each level's place and name."""
    return [Tick(float(place), level) for place, level in enumerate(levels)]


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Return a range with some room at its ends; one where all values are the same."""
    if high > low:
        room = share * (high - low)
        return low - room, high + room
    room = abs(low) * 0.05 or 1.0
    return low - room, high + room
