"""Figures and times in words, as people read them."""

from __future__ import annotations

import math

from nbreg.errors import NbregError


def duration(seconds: float) -> str:
    """Return seconds in words: ``8 s``, ``1 min 20 s``, ``2 h 5 min``, ``3 days``."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds < 59.5 else "1 min"
    if seconds < 600:
        minutes, rest = divmod(round(seconds / 5) * 5, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{seconds / 86_400:,.0f} days"


def speed(epochs_per_second: float) -> str:
    """Return a speed in words: ``41 epochs/s``, or by the epoch where epochs are long: ``2.5 s an epoch``."""
    if epochs_per_second >= 10:
        return f"{epochs_per_second:,.0f} epochs/s"
    if epochs_per_second >= 1:
        return f"{epochs_per_second:.1f} epochs/s"
    seconds = 1 / epochs_per_second
    return f"{seconds:.1f} s an epoch" if seconds < 10 else f"{duration(seconds)} an epoch"


def figure(value: float) -> str:
    """Return a number with three significant digits and thousands separators: ``0.0812``, ``12,431``."""
    size = abs(value)
    if size == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    if size < 1e-3 or size >= 1e7:
        return f"{value:.2e}"
    return f"{value:,.0f}" if size >= 99.95 else f"{value:#.3g}"


def line_of(error: Exception) -> str:
    """Return what went wrong in one line; of a defect, which is no NbregError, also what kind it is."""
    text = " ".join(str(error).split())
    return text if isinstance(error, NbregError) else f"{type(error).__name__}: {text}"
