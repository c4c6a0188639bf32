"""A covariance matrix of any row as numbers that a network may freely predict.

Each target's deviation from its mean is regressed on those of the targets before it: *slopes*, row by row of the lower
triangle, ``n_targets (n_targets - 1) / 2`` of them; and what these leave has a *spread*, its standard deviation. Any
slopes and any positive spreads give a covariance, and every covariance is of this kind: with ``B`` the slopes and ``D``
the spreads its Cholesky factor is ``(I - B)^-1 D`` (Pourahmadi 1999, "Joint mean-covariance models"; networks that
predict such a factor: Williams 1996, "Using neural networks to model conditional multivariate densities").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: No spread is smaller, in scaled units: a density must not grow without bound on a few rows that are met exactly.
FLOOR = 0.005


def n_slopes(n_targets: int) -> int:
    """Return how many slopes there are."""
    return n_targets * (n_targets - 1) // 2


def covariances(spreads: Floats, slopes: Floats) -> Floats:
    """Return ``(..., n_targets, n_targets)`` of spreads ``(..., n_targets)`` and slopes ``(..., n_slopes)``."""
    n_targets = spreads.shape[-1]
    unit = np.zeros((*spreads.shape, n_targets))
    unit[..., np.arange(n_targets), np.arange(n_targets)] = 1.0
    below = np.tril_indices(n_targets, -1)
    unit[..., below[0], below[1]] = -np.asarray(slopes, np.float64)
    factor = np.linalg.solve(unit, np.eye(n_targets) * np.asarray(spreads, np.float64)[..., None, :])
    return np.asarray(factor @ np.swapaxes(factor, -1, -2))
