"""What a date says: where it stands in the year, week and day, and how much time has passed."""

from __future__ import annotations

import numpy as np

from nbreg.data.reading import Floats, Times

_EPOCH = np.datetime64("1970-01-01", "us")
_DAY = np.timedelta64(1, "D")

#: Parts that grow without bound and are scaled like any number; the others are sines and cosines.
UNBOUNDED = ("year", "elapsed days")


def calendar_parts(times: Times) -> dict[str, Floats]:
    """Return what `times` ``(n,)`` say by name, each ``(n,)``, NaN where the time is missing.

    The year, the days elapsed since 1970, and month, weekday, day of the year and hour of the day as
    points on a circle, so that December is next to January: ``sin`` and ``cos`` of ``2 pi value / period``.
    """
    day, month, year = (times.astype(f"datetime64[{unit}]") for unit in "DMY")
    known = ~np.isnat(times)
    parts = {"year": year.astype(np.int64) + 1970.0, "elapsed days": (times - _EPOCH) / _DAY}
    turns = {
        "month": (month - year) / np.timedelta64(12, "M"),
        "weekday": (day.astype(np.int64) + 3) % 7 / 7,  # 1970 began on a Thursday; Monday is 0
        "day of year": (day - year.astype("datetime64[D]")) / _DAY / 365.25,
        "hour": (times - day) / _DAY,
    }
    for name, turn in turns.items():
        parts[f"{name} sin"], parts[f"{name} cos"] = np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)
    return {name: np.where(known, values, np.nan) for name, values in parts.items()}


def varying_parts(times: Times) -> tuple[str, ...]:
    """Return the names of the calendar parts that are not the same for all known `times`."""
    parts = calendar_parts(times[~np.isnat(times)])
    return tuple(name for name, values in parts.items() if len(values) and np.ptp(values) > 1e-9)
