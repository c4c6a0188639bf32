"""How much of what features do, they do only together: Friedman and Popescu's H."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.explanation.enumeration import Worths
from nbreg.explanation.explained import Explained, Floats, Points
from nbreg.explanation.steps import steps

#: What varies by less than this share of the predictions' variance is taken for the rounding of float32.
NEGLIGIBLE = 1e-8


def h_squared(parts: tuple[Floats, Floats], both: Floats, predictions: Floats) -> tuple[Floats, Floats]:
    """Return H squared and the size of an interaction, each ``(n_targets,)`` (Friedman & Popescu 2008, section 8.1).

    `parts` and `both` are partial dependence ``(n_rows, n_targets)`` on two sets of features and on both together, at
    the rows' own values. H squared is the share of the variance of `both` that is not the sum of the parts: 0 where
    they add up, 1 where there is nothing but interaction; it may pass 1 where features are correlated. The size is
    the standard deviation of the same remainder, in target units. NaN for fewer than two rows.
    """
    if len(both) < 2:
        return np.full(both.shape[1], np.nan), np.full(both.shape[1], np.nan)
    remainder = (both - parts[0] - parts[1]).var(axis=0)
    whole, everything = both.var(axis=0), predictions.var(axis=0)
    counts = whole > NEGLIGIBLE * everything
    share = np.where(counts, remainder / np.where(counts, whole, 1), 0.0)
    return share, np.where(counts, np.sqrt(remainder), 0.0)


def pair_h_squared(explained: Explained, points: Points, players: tuple[int, int]) -> Floats:
    """Return H squared of two players, ``(n_targets,)``; the points are rows and background at once."""
    j, k = (_members(explained, [player]) for player in players)
    worths = worths_of(explained, points, np.stack([j, k, j | k]))
    return h_squared((worths[:, 0], worths[:, 1]), worths[:, 2], explained.predict(points))[0]


def total_h_squared(explained: Explained, points: Points, player: int) -> Floats:
    """Return H squared of a player with all others together, ``(n_targets,)``; zero where there are no others."""
    predictions = explained.predict(points)
    if len(explained.players) == 1:
        return np.zeros(predictions.shape[1])
    alone = _members(explained, [player])
    worths = worths_of(explained, points, np.stack([alone, ~alone]))
    return h_squared((worths[:, 0], worths[:, 1]), predictions, predictions)[0]


def worths_of(explained: Explained, points: Points, members: NDArray[np.bool_]) -> Floats:
    """Return the worth of coalitions ``(n_rows, n_coalitions, n_targets)``, the points being the background too."""
    worths = Worths(explained, points, len(points), members)
    return np.concatenate([worths.of(points[rows]) for rows in steps(len(points), worths.n_rows)])


def _members(explained: Explained, players: list[int]) -> NDArray[np.bool_]:
    members = np.zeros(len(explained.players), bool)
    members[players] = True
    return members
