"""Means and covariances of mixtures of normal distributions, in target units."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from nbreg.joint.units import TargetUnits
from nbreg.networks.gaussians import Gaussians

Floats = NDArray[np.float64]

#: So many points stand for a component, and at least so many where components are many; so many numbers at once.
_POINTS, _FEWEST, _AT_ONCE = 1_024, 64, 4_000_000


def moments(gaussians: Gaussians, units: TargetUnits) -> tuple[Floats, Floats]:
    """Return means ``(n_rows, n_targets)`` and covariances ``(n_rows, n_targets, n_targets)`` in target units.

    Where targets are bent or kept within bounds, they are those of 1,024 points for each component (fewer where
    components are many), taken from a Sobol sequence: the same for all rows, so that a row's do not depend on others.
    """
    if units.is_straight:
        scale = np.multiply.outer(units.scale, units.scale)
        return units.of_scaled(gaussians.mean), gaussians.covariance * scale
    n_components, n_targets = gaussians.means.shape[1:]
    points = standard_points(n_targets, max(_FEWEST, _POINTS >> (n_components - 1).bit_length()))
    step = max(1, _AT_ONCE // (n_components * points.size))
    parts = [
        _moments(gaussians.rows(np.arange(start, min(start + step, gaussians.n_rows))), units, points)
        for start in range(0, gaussians.n_rows, step)
    ]
    means, covariances = zip(*parts, strict=True)
    return np.concatenate(means), np.concatenate(covariances)


@cache
def standard_points(n_targets: int, n: int) -> Floats:
    """Return points ``(n, n_targets)`` of a standard normal distribution, whose own mean and covariance are just so."""
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    points = ndtri(Sobol(n_targets, rng=0).random(n).clip(1e-9, 1 - 1e-9))
    points = points - points.mean(axis=0)
    root = np.linalg.cholesky(points.T @ points / n)
    return np.asarray(np.linalg.solve(root, points.T).T)


def _moments(gaussians: Gaussians, units: TargetUnits, points: Floats) -> tuple[Floats, Floats]:
    roots = np.linalg.cholesky(gaussians.covariances)
    scaled = gaussians.means[:, :, None] + np.einsum("nkst,pt->nkps", roots, points)
    values, shares = units.of_scaled(scaled), gaussians.weights / len(points)
    mean = np.einsum("nk,nkpt->nt", shares, values)
    apart = values - mean[:, None, None]
    weighted = apart * shares[:, :, None, None]
    return np.asarray(mean), np.asarray(np.einsum("nkps,nkpt->nst", weighted, apart, optimize=True))
