"""How the values of a column are spread: counts in a few bins that one far value does not flatten."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nbreg.data.reading import Floats

MOST_BINS = 20
#: The bins reach so far beyond the middle 98 % of the values, as a share of their range.
WIDENED = 0.25
#: Whole numbers between these may be years.
YEARS = (1500, 2200)


class Histogram(NamedTuple):
    """`counts` of values in bins of equal width between `bounds`; `n_outside` values lie beyond them."""

    counts: tuple[int, ...]
    bounds: tuple[float, float]
    n_outside: int


def histogram(values: Floats, kind: str) -> Histogram:
    """Return the spread of ``(n,)`` numbers, none of them NaN, of a column of that kind.

    Few whole numbers have a bin each, true and false too.
    """
    if not len(values):
        return Histogram((), (0.0, 0.0), 0)
    bounds, n_bins = (-0.5, 1.5), 2
    if kind != "boolean":
        bounds, n_bins = _bins(values, kind)
    counts, _ = np.histogram(values, n_bins, bounds)
    return Histogram(tuple(counts.tolist()), bounds, int(len(values) - counts.sum()))


def _bins(values: Floats, kind: str) -> tuple[tuple[float, float], int]:
    low, high = _robust_bounds(values)
    if low == high:
        return (low - 0.5, high + 0.5), 1
    if (values == np.round(values)).all():
        low, high = np.ceil(low) - 0.5, np.floor(high) + 0.5
        width = np.ceil((high - low) / MOST_BINS)  # whole numbers, so that no bin has room for one more than the others
        n_bins = int(np.ceil((high - low) / width))
        return (float(low), float(low + n_bins * width)), n_bins
    return (low, high), min(MOST_BINS, max(1, int(np.ceil(np.sqrt(len(values))))))


def _robust_bounds(values: Floats) -> tuple[float, float]:
    lowest, highest = float(values.min()), float(values.max())
    first, last = np.quantile(values, (0.01, 0.99))
    if first == last:  # nearly all are the same: the others are what there is to see
        return lowest, highest
    beyond = WIDENED * (last - first)
    return max(lowest, float(first - beyond)), min(highest, float(last + beyond))


def value_words(lowest: float, highest: float, kind: str) -> tuple[str, str]:
    """Return two values of a column of that kind, in words that tell them apart."""
    if kind == "boolean":
        return _flag(lowest), _flag(highest)
    if kind == "date":
        return date_words(lowest, highest)
    if may_be_years(lowest, highest) and lowest == round(lowest) and highest == round(highest):
        return f"{lowest:.0f}", f"{highest:.0f}"
    return number_words(lowest), number_words(highest)


def may_be_years(lowest: float, highest: float) -> bool:
    """Return whether whole numbers of that range may be years."""
    return YEARS[0] <= lowest and highest <= YEARS[1]


def _flag(value: float) -> str:
    return "true" if value else "false"


def number_words(number: float) -> str:
    """Return a number with four digits, whole ones below a million with all: ``0.3333``, ``27,883``, ``1.235 M``."""
    size = abs(number)
    if number == round(number) and size < 1e6:
        text = f"{number:,.0f}"
    elif 1e6 <= size < 1e12:
        text = f"{number / 1e6:,.4g} M" if size < 1e9 else f"{number / 1e9:,.4g} bn"
    else:
        text = f"{number:,.0f}" if 1e4 <= size < 1e6 else f"{number:,.4g}"
    return text.replace("-", "−")


def date_words(lowest: float, highest: float) -> tuple[str, str]:
    """Return two times, in days since 1970, as dates, with the time of day where they are near to each other."""
    is_day = highest - lowest >= 2 or (lowest == highest == round(lowest))
    return moment_words(lowest, is_day), moment_words(highest, is_day)


def moment_words(days: float, is_day: bool = True) -> str:
    """Return a time, in days since 1970, as a date, or with the time of day: ``2024-03-01 18:30``."""
    moment = np.datetime64(round(days * 86_400_000_000), "us").astype(f"datetime64[{'D' if is_day else 's'}]")
    return str(moment).replace("T", " ").removesuffix(":00")
