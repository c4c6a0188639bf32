"""Linear regression of several targets together, its weights a normal distribution in closed form.

With random features of a kernel this is a Gaussian process in the intrinsic coregionalisation model: its covariance is
``k(x, x') B`` between targets, beside noise of the covariance S (Alvarez, Rosasco & Lawrence 2012, "Kernels for
vector-valued functions", 4.2). The model of the weights is that of `variance_components`. Noise and signal are brought
to diagonal form together, which parts the targets (Rakitsch, Lippert, Borgwardt & Stegle 2013, "It is all in the
noise").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbreg.networks.variance_components import Directions, Floats, Moments

#: Multiples of the errors on held-out rows, and of the noise of the train rows, that are tried for the noise.
_OF_ERRORS, _OF_NOISE = (0.25, 0.35, 0.5, 0.7, 1.0), (1.0, 1.4, 2.0)


@dataclass(frozen=True, eq=False)
class Posterior:
    """The distribution of the weights, given rows.

    `weights` are their means, ``(n_features, n_targets)``. In the targets that `mixing` A parts, ``y = A u``, noise
    has variance 1 and the weights of u_t the covariance ``V diag(G[:, t]) V'``, where V is `basis` and G `gains`.
    """

    weights: Floats
    basis: Floats
    gains: Floats
    mixing: Floats

    def covariance(self, features: Floats) -> Floats:
        """Return the covariance of new targets, noise included, ``(n_rows, n_targets, n_targets)``."""
        return np.asarray(np.einsum("it,nt,jt->nij", self.mixing, self._spread(features), self.mixing))

    def log_density(self, features: Floats, targets: Floats) -> float:
        """Return the mean over rows of the logarithm of the density of new targets, each row by itself."""
        spread = self._spread(features)
        parted = np.linalg.solve(self.mixing, (targets - features @ self.weights).T).T
        of_rows = (np.log(2 * np.pi * spread) + parted**2 / spread).sum(axis=1)
        return float(-of_rows.mean() / 2 - np.linalg.slogdet(self.mixing)[1])

    def _spread(self, features: Floats) -> Floats:
        """Return the variances of the parted targets, ``(n_rows, n_targets)``."""
        return np.asarray((features @ self.basis) ** 2 @ self.gains + 1.0)


def likeliest_posterior(moments: Moments) -> tuple[Posterior, float]:
    """Return the posterior under the covariances that make the rows likeliest, and how likely: log-density a row."""
    directions = Directions.of(moments)
    signal, noise = directions.likeliest()
    return posterior(moments, signal, noise, directions), directions.log_likelihood(signal, noise) / moments.n_rows


def checked_posterior(moments: Moments, features: Floats, targets: Floats) -> tuple[Posterior, float]:
    """Return the posterior whose noise makes held-out rows likeliest, and how likely: mean log-density of a row.

    `features` ``(n, n_features)`` and `targets` ``(n, n_targets)`` are of the held-out rows. Features that were learned
    on the rows of `moments` fit their noise, so that what these leave of noise is too little (Ober, Rasmussen & van
    der Wilk 2021, "The promises and pitfalls of deep kernel learning"): here held-out errors have their say.
    """
    directions = Directions.of(moments)
    signal, noise = directions.likeliest()
    errors = targets - features @ posterior(moments, signal, noise, directions).weights
    of_errors = (errors.T @ errors + noise) / (len(errors) + 1)
    noises = [share * noise for share in _OF_NOISE] + [share * of_errors for share in _OF_ERRORS]
    tried = [posterior(moments, signal, each, directions) for each in noises]
    densities = [each.log_density(features, targets) for each in tried]
    best = int(np.argmax(densities))
    return tried[best], densities[best]


def posterior(moments: Moments, signal: Floats, noise: Floats, directions: Directions | None = None) -> Posterior:
    """Return the posterior where weights have the covariance `signal`, and rows noise of the covariance `noise`."""
    directions = directions or Directions.of(moments)
    root = np.linalg.cholesky(noise)
    ratios, turn = np.linalg.eigh(np.linalg.solve(root, np.linalg.solve(root, signal).T))
    mixing, ratios = root @ turn, np.maximum(ratios, 0)
    gains = ratios / (1 + ratios * directions.sizes[:, None])
    parted = np.linalg.solve(mixing, (directions.basis.T @ moments.cross).T).T
    weights = directions.basis @ (gains * parted) @ mixing.T
    return Posterior(weights, directions.basis, gains, mixing)
