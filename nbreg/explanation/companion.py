"""Which other feature an attribution hangs on, besides the feature's own value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbreg.explanation.explained import Floats

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation

#: A feature that explains less of how much attributions vary is no help to the eye.
LEAST_SHARE = 0.05
#: So many neighbours by the feature's value are compared with each other.
NEIGHBOURS = 20
#: With fewer rows chance alone looks like an interaction.
LEAST_ROWS = 30


class Companion(NamedTuple):
    """`share`, of one: how much of the variance of a feature's attributions goes with the feature `name`."""

    name: str
    share: float


def companion_of(explanation: Explanation, feature: str) -> Companion | None:
    """Return which other feature the attributions of `feature` hang on most; None where none does visibly.

    `explanation` is one of a single target. Among rows with about the same value of `feature`, attributions differ
    only by what the other features make of it. There each other feature is tried by least squares, after the
    feature itself has had its part; what chance would explain is taken off.
    """
    at = explanation.players.position_of(feature)
    own, attributions = explanation.feature_numbers(feature)[0], explanation.values[:, at]
    known = np.isfinite(own)
    if known.sum() < LEAST_ROWS or not np.ptp(attributions[known]):
        return None
    strips = _strips(own[known])
    shares = {}
    for name in explanation.feature_names:
        others = explanation.feature_numbers(name)[0][known]
        if name != feature and np.isfinite(others).any() and name != explanation.feature_names[at]:
            shares[name] = _share(own[known], attributions[known], others, strips)
    best = max(shares, key=lambda name: shares[name], default=None)
    return None if best is None or shares[best] < LEAST_SHARE else Companion(best, shares[best])


def _strips(own: Floats) -> list[np.ndarray]:
    """Return the rows of each strip of similar values; equal values stay in one strip."""
    order = np.argsort(own, kind="stable")
    n_strips = max(1, len(own) // NEIGHBOURS)
    _, first = np.unique(own[order], return_index=True)
    starts = np.unique(first[np.searchsorted(first, np.arange(n_strips) * len(own) // n_strips, side="right") - 1])
    return [strip for strip in np.split(order, starts[1:]) if len(strip) > 3]


def _share(own: Floats, attributions: Floats, others: Floats, strips: list[np.ndarray]) -> float:
    explained = 0.0
    for strip in strips:
        known = strip[np.isfinite(others[strip])]
        if len(known) > 3:
            explained += _explained(own[known], attributions[known], others[known])
    return explained / float(np.sum((attributions - attributions.mean()) ** 2))


def _explained(own: Floats, attributions: Floats, others: Floats) -> float:
    """Return by how much `others` lower the sum of squares that a line over `own` leaves, less what chance would."""
    line = np.column_stack([np.ones(len(own)), own - own.mean()])
    basis = np.linalg.svd(line, full_matrices=False)
    kept = basis[0][:, basis[1] > 1e-9 * basis[1][0]]
    left, other = (values - kept @ (kept.T @ values) for values in (attributions, others - others.mean()))
    size = float(other @ other)
    degrees = len(own) - kept.shape[1] - 1
    if size <= 1e-12 * float(others @ others) or degrees < 1:
        return 0.0
    gained = float(left @ other) ** 2 / size
    return gained - (float(left @ left) - gained) / degrees
