"""What a joint head predicts: for each row a mixture of normal distributions of all targets together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Halvings of the range in which a quantile is looked for: beyond these, float64 says no more.
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Mixtures in scaled units: `weights` ``(n_rows, n_components)``, `means` ``(n_rows, n_components, n_targets)``,
    `covariances` ``(n_rows, n_components, n_targets, n_targets)``. One component is a plain normal distribution.

    Marginals and conditionals of a normal mixture are normal mixtures, in closed form (Bishop 2006, "Pattern
    Recognition and Machine Learning", 2.3).
    """

    weights: Floats
    means: Floats
    covariances: Floats

    @property
    def n_rows(self) -> int:
        return len(self.weights)

    @property
    def n_targets(self) -> int:
        return int(self.means.shape[-1])

    @property
    def mean(self) -> Floats:
        """The means, ``(n_rows, n_targets)``."""
        return np.asarray(np.einsum("nk,nkt->nt", self.weights, self.means))

    @property
    def covariance(self) -> Floats:
        """The covariances, ``(n_rows, n_targets, n_targets)``: within the components, and between their means."""
        apart = self.means - self.mean[:, None]
        within = np.einsum("nk,nkst->nst", self.weights, self.covariances)
        return np.asarray(within + np.einsum("nk,nks,nkt->nst", self.weights, apart, apart))

    @property
    def correlation(self) -> Floats:
        """The correlations, ``(n_rows, n_targets, n_targets)``."""
        return as_correlation(self.covariance)

    def log_density(self, y: npt.ArrayLike) -> Floats:
        """Return the logarithm of the density at `y`, ``(n_rows, n_targets)``, as ``(n_rows,)``.

        Where targets are missing, NaN, it is that of the others; 0 where all are.
        """
        values = np.asarray(y, np.float64)
        known = ~np.isnan(values)
        found = np.zeros(self.n_rows)
        for pattern in np.unique(known, axis=0):
            rows, targets = np.flatnonzero((known == pattern).all(axis=1)), np.flatnonzero(pattern)
            if len(targets):
                by_component = self.rows(rows).marginal(targets)._log_densities(values[np.ix_(rows, targets)])
                found[rows] = _log_sum(by_component)
        return found

    def rows(self, which: npt.ArrayLike) -> Gaussians:
        """Return those of the rows that `which`, numbers or a mask, chooses."""
        chosen = np.asarray(which)
        return Gaussians(self.weights[chosen], self.means[chosen], self.covariances[chosen])

    def marginal(self, targets: Sequence[int] | NDArray[np.intp]) -> Gaussians:
        """Return the distributions of some targets, in the order in which `targets` names them by their places."""
        at = np.asarray(targets, dtype=int)
        return Gaussians(self.weights, self.means[..., at], self.covariances[..., at[:, None], at[None, :]])

    def given(self, known: Mapping[int, npt.ArrayLike]) -> Gaussians:
        """Return the distributions of the other targets, in their order, where those of `known` have these values.

        A value is one number, or one a row, ``(n_rows,)``. Known values also tell which component a row is likely from.
        """
        at = np.array(sorted(known), dtype=int)
        others = np.setdiff1d(np.arange(self.n_targets), at)
        columns = [np.broadcast_to(np.asarray(known[i], np.float64), (self.n_rows,)) for i in at]
        values = np.column_stack(columns) if columns else np.empty((self.n_rows, 0))
        across = self.covariances[..., others[:, None], at[None, :]]
        # The regression of the others on the known ones: (n_rows, n_components, n_others, n_known).
        slopes = np.swapaxes(np.linalg.solve(self.marginal(at).covariances, np.swapaxes(across, -1, -2)), -1, -2)
        shifts = np.einsum("nkst,nkt->nks", slopes, values[:, None] - self.means[..., at])
        left = self.covariances[..., others[:, None], others[None, :]] - slopes @ np.swapaxes(across, -1, -2)
        log_weights = self.marginal(at)._log_densities(values) if len(at) else np.log(self.weights)
        weights = np.exp(log_weights - _log_sum(log_weights)[:, None])
        return Gaussians(weights, self.means[..., others] + shifts, (left + np.swapaxes(left, -1, -2)) / 2)

    def sample(self, rng: np.random.Generator, n: int) -> Floats:
        """Return `n` draws for each row, ``(n_rows, n, n_targets)``."""
        ends = np.cumsum(self.weights, axis=1)[:, None, :-1]
        component = (rng.random((self.n_rows, n, 1)) > ends).sum(axis=-1)
        row = np.arange(self.n_rows)[:, None]
        roots = np.linalg.cholesky(self.covariances)[row, component]
        noise = rng.standard_normal((self.n_rows, n, self.n_targets))
        return np.asarray(self.means[row, component] + np.einsum("nist,nit->nis", roots, noise))

    def cdf(self, y: npt.ArrayLike) -> Floats:
        """Return the probability of at most `y`, ``(n_rows, n_targets)``, of each target by itself, shape as `y`."""
        from scipy.special import ndtr

        z = (np.asarray(y, np.float64)[:, None] - self.means) / self._deviations()
        return np.asarray(np.einsum("nk,nkt->nt", self.weights, ndtr(z)))

    def quantile(self, level: float) -> Floats:
        """Return the values below which each target lies with probability `level`, in (0, 1): ``(n_rows, n_targets)``.

        Found by bisection of `cdf` between the least and the greatest of the components' own quantiles.
        """
        from scipy.special import ndtri

        own = self.means + ndtri(level) * self._deviations()
        low, high = own.min(axis=1), own.max(axis=1)
        for _ in range(_HALVINGS if self.weights.shape[1] > 1 else 0):
            middle = (low + high) / 2
            is_below = self.cdf(middle) < level
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        return np.asarray((low + high) / 2)

    def _deviations(self) -> Floats:
        """Return the standard deviations within components, ``(n_rows, n_components, n_targets)``."""
        return np.asarray(np.sqrt(np.diagonal(self.covariances, axis1=-2, axis2=-1)))

    def _log_densities(self, y: Floats) -> Floats:
        """Return the logarithm of each component's weight times its density at `y`, ``(n_rows, n_components)``."""
        roots = np.linalg.cholesky(self.covariances)
        z = np.linalg.solve(roots, (y[:, None] - self.means)[..., None])[..., 0]
        log_det = 2 * np.log(np.diagonal(roots, axis1=-2, axis2=-1)).sum(axis=-1)
        with np.errstate(divide="ignore"):  # a component of weight zero
            log_weights = np.log(self.weights)
        return np.asarray(log_weights - 0.5 * ((z**2).sum(axis=-1) + log_det + self.n_targets * np.log(2 * np.pi)))


def as_correlation(covariance: Floats) -> Floats:
    """Return the correlations of covariances ``(..., n_targets, n_targets)``; a target without spread has none, NaN."""
    deviations = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = covariance / (deviations[..., :, None] * deviations[..., None, :])
    return np.asarray(np.clip(found, -1, 1))


def _log_sum(logarithms: Floats) -> Floats:
    """Return the logarithm of the sum over the last axis."""
    return np.asarray(np.logaddexp.reduce(logarithms, axis=-1))
