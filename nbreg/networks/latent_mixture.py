"""What a network that decodes fixed latent points has among its outputs, where, and what training makes small.

First come the means over all points, ``n_targets``; then what each point is decoded to: of all points the means, then
the spreads, the standard deviations of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.networks.gaussians import Gaussians
from nbreg.networks.objective import Objective


def latent_points(n_points: int, size: int) -> NDArray[np.float64]:
    """Return ``(n_points, size)`` points spread as evenly as the standard normal distribution; `n_points` is 2^k.

    They are Sobol's (1967), moved to the middles of their cells, and then turned a little, so that they have mean 0 and
    covariance 1 exactly: what is linear or quadratic has its exact mean over them.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    cells = qmc.Sobol(size, scramble=False).random(n_points) + 0.5 / n_points
    points = ndtri(cells)
    root = np.linalg.cholesky(points.T @ points / n_points)
    return np.asarray(np.linalg.solve(root, points.T).T)


def n_points_of(outputs: Any, n_targets: int) -> int:
    """Return how many points outputs ``(n_rows, n_outputs)`` are of."""
    return int(outputs.shape[1] - n_targets) // (2 * n_targets)


def gaussians_of_points(outputs: Any, n_targets: int) -> Gaussians:
    """Return what outputs, a NumPy array ``(n_rows, n_outputs)``, say: a mixture in which points count alike."""
    numbers, n_points = np.asarray(outputs, np.float64), n_points_of(outputs, n_targets)
    means, spreads = numbers[:, n_targets:].reshape(len(numbers), 2, n_points, n_targets).swapaxes(0, 1)
    weights = np.full((len(numbers), n_points), 1 / n_points)
    return Gaussians(weights, means, spreads[..., None] ** 2 * np.eye(n_targets))


@dataclass(frozen=True)
class LatentLikelihood(Objective):
    """The negative log likelihood of such mixtures, of targets some of which may be missing."""

    def make(self) -> Any:
        from nbreg.networks.keras_parts.latent_loss import LatentLoss

        return LatentLoss()
