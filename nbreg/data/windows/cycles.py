"""Where a time stands in the day, the week and the year, as points on circles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Times
from nbreg.data.windows.clock import Clock

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR

#: Name -> length in microseconds, and how many waves fit into it at most. Three tell all days of a week apart.
_CYCLES = {"day": (_DAY, 2), "week": (7 * _DAY, 3), "year": (365.25 * _DAY, 2)}

_MONTH = 365.25 / 12 * _DAY


def cycles_of(clock: Clock, n_steps: int) -> tuple[tuple[str, int], ...]:
    """Return the waves that steps of this length make vary: name of the cycle, and how many waves in it.

    Of a cycle of which `n_steps`, the length of the train rows, show less than half, nothing could be learned that
    holds for the rest of it.
    """
    if clock.kind == "number":
        return ()
    step = clock.step * _MONTH if clock.kind == "month" else clock.step
    return tuple(
        (name, wave)
        for name, (length, most) in _CYCLES.items()
        if not _stands_still(name, clock, step, length) and 2 * n_steps * step >= length
        for wave in range(1, most + 1)
        if 2 * wave * step <= length * 1.01
    )


def _stands_still(name: str, clock: Clock, step: float, length: float) -> bool:
    if clock.kind == "month":
        return name != "year" or clock.step % 12 == 0
    return name != "year" and step % length == 0


def cycle_names(cycles: tuple[tuple[str, int], ...]) -> list[str]:
    """Return the names of the inputs, two for each wave: ``day sin``, ``day cos``, ``day sin 2`` ..."""
    ends = [(name, "" if wave == 1 else f" {wave}") for name, wave in cycles]
    return [f"{name} {part}{end}" for name, end in ends for part in ("sin", "cos")]


def cycle_inputs(times: Times, cycles: tuple[tuple[str, int], ...]) -> NDArray[np.float32]:
    """Return sine and cosine of each wave for `times` ``(n,)``, float32 ``(n, 2 * n_waves)``; 0 without a time."""
    turns = {name: _turn(times, name) for name, _ in cycles}
    waves = [function(2 * np.pi * wave * turns[name]) for name, wave in cycles for function in (np.sin, np.cos)]
    found = np.column_stack(waves) if waves else np.zeros((len(times), 0))
    points: NDArray[np.float32] = np.nan_to_num(found).astype(np.float32)
    return points


def _turn(times: Times, name: str) -> NDArray[np.float64]:
    """Return which share of its cycle has passed at each time, NaN without a time."""
    if name == "year":
        begin = times.astype("datetime64[Y]").astype("datetime64[us]")
    elif name == "week":
        days = times.astype("datetime64[D]")
        begin = (days - (days.astype(np.int64) + 3) % 7).astype("datetime64[us]")  # 1970 began on a Thursday
    else:
        begin = times.astype("datetime64[D]").astype("datetime64[us]")
    passed = (times - begin) / np.timedelta64(1, "us") / _CYCLES[name][0]
    return np.where(np.isnat(times), np.nan, passed)
