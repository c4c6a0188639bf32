"""Which other feature an attribution hangs on, besides the feature's own value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.explanation.explained import Floats

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation

#: So many rows that are neighbours by the feature's value are compared with each other.
NEIGHBOURS = 20
#: With fewer rows chance alone looks like an interaction.
LEAST_ROWS = 30
#: A companion goes with at least this share of what the feature's own value leaves open ...
LEAST_SHARE = 0.25
#: ... where that is at least this share of how much attributions differ: less is not seen.
LEAST_OPEN = 0.003

Rows = NDArray[np.intp]


class Companion(NamedTuple):
    """A feature's name, and with what share of the variance that the own value leaves open it goes, of one."""

    name: str
    share: float


class _Strip(NamedTuple):
    """Rows of about one value of the feature: their numbers, a basis of lines over the value, what these leave."""

    rows: Rows
    basis: Floats
    left: Floats


def companion_of(explanation: Explanation, feature: str) -> Companion | None:
    """Return which other feature the attributions of `feature` hang on most; None where none does visibly.

    `explanation` is one of a single target. Among rows with about the same value of `feature`, attributions differ
    by what the other features make of it. There each of these is tried by least squares, after a line over the
    feature's own value has had its part; what chance explains, with so many features tried, does not count.
    Raises OptionError where there is no such feature.
    """
    at = explanation.players.position_of(feature)
    own, attributions = explanation.feature_numbers(feature)[0], explanation.values[:, at]
    rows = np.flatnonzero(np.isfinite(own))
    if len(rows) < LEAST_ROWS:
        return None
    strips = [_strip(rows[some], own, attributions) for some in _neighbours(own[rows])]
    left = sum(float(strip.left @ strip.left) for strip in strips)
    if left <= LEAST_OPEN * float(np.sum((attributions[rows] - attributions[rows].mean()) ** 2)):
        return None
    names = [name for name in explanation.feature_names if name != explanation.feature_names[at]]
    shares = {name: _gained(explanation.feature_numbers(name)[0], strips) / left for name in names}
    best = max(shares, key=lambda name: shares[name], default="")
    return Companion(best, shares[best]) if names and shares[best] >= _least(strips, len(names)) else None


def _neighbours(own: Floats) -> list[Rows]:
    """Return the rows of each strip of similar values; equal values stay together."""
    order = np.argsort(own, kind="stable")
    n_strips = max(1, len(own) // NEIGHBOURS)
    cuts = np.searchsorted(own[order], own[order][np.arange(1, n_strips) * len(own) // n_strips])
    return [strip for strip in np.split(order, np.unique(cuts)) if len(strip) > 3]


def _strip(rows: Rows, own: Floats, attributions: Floats) -> _Strip:
    lines = np.column_stack([np.ones(len(rows)), own[rows] - own[rows].mean()])
    left, sizes, _ = np.linalg.svd(lines, full_matrices=False)
    basis = left[:, sizes > 1e-9 * max(sizes[0], np.abs(own[rows]).max())]
    return _Strip(rows, basis, _without(basis, attributions[rows]))


def _without(basis: Floats, values: Floats) -> Floats:
    return values - basis @ (basis.T @ values)


def _gained(others: Floats, strips: list[_Strip]) -> float:
    """Return by how much the other feature lowers the sum of squares that is left, beyond what chance would."""
    gained = 0.0
    for strip in strips:
        values = _gaps_filled(others[strip.rows])
        other = _without(strip.basis, values)
        if float(other @ other) <= 1e-12 * float(values @ values):
            continue
        here = float(strip.left @ other) ** 2 / float(other @ other)
        gained += here - (float(strip.left @ strip.left) - here) / _degrees(strip)
    return gained


def _gaps_filled(values: Floats) -> Floats:
    """Return `values` with their mean for gaps, so that these say nothing."""
    known = np.isfinite(values)
    filled: Floats = np.where(known, values, values[known].mean() if known.any() else 0.0)
    return filled


def _degrees(strip: _Strip) -> int:
    return max(1, len(strip.rows) - int(strip.basis.shape[1]) - 1)


def _least(strips: list[_Strip], n_tried: int) -> float:
    """Return the share from which on it is no chance: a bound for chi-squares (Laurent & Massart 2000), at 5 %."""
    x = math.log(20 * n_tried)
    beyond = 2 * math.sqrt(len(strips) * x) + 2 * x
    return max(LEAST_SHARE, beyond / sum(map(_degrees, strips)))
