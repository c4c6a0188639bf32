"""Which covariances of weights and of noise make observed targets likeliest, in a linear model of several targets.

In the model ``y = W' h + e`` each feature's weights are drawn from N(0, B), and each row's noise from N(0, S), both
covariances ``(n_targets, n_targets)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Noise is at least this share of a target's variance: float32 features say no more.
_LEAST_NOISE = 1e-6
#: Ratios of noise to signal that are tried to begin with.
_RATIOS = np.geomspace(1e-5, 1e3, 33)
#: Rounds of expectation and maximisation, and the gain in log-likelihood a row below which they end.
_ROUNDS, _SMALL_GAIN = 200, 1e-6


@dataclass(frozen=True, eq=False)
class Moments:
    """All that the regression needs to know of the rows: sums of products.

    `gram` is ``(n_features, n_features)``, `cross` ``(n_features, n_targets)``, `outer` ``(n_targets, n_targets)``.
    """

    n_rows: int
    gram: Floats
    cross: Floats
    outer: Floats

    @classmethod
    def of(cls, parts: Iterable[tuple[Floats, Floats]]) -> Moments:
        """Return the sums over parts: features ``(n, n_features)`` and targets ``(n, n_targets)`` of some rows each."""
        n_rows, sums = 0, [np.zeros(())] * 3
        for features, targets in parts:
            n_rows += len(features)
            new = features.T @ features, features.T @ targets, targets.T @ targets
            sums = [whole + part for whole, part in zip(sums, new, strict=True)]
        return cls(n_rows, *sums)


@dataclass(frozen=True, eq=False)
class Directions:
    """The rows turned so that each tells of one direction of the features: ``z_j ~ N(0, size_j B + S)``.

    `basis` ``(n_features, n_features)`` and `sizes` are eigenvectors and eigenvalues of the features' products. `found`
    are those eigenvalues that are not zero, and `of_found` their z_j, ``(n_found, n_targets)``. All that is left of the
    rows is noise: `rest` is the sum of its products, `least_noise` what noise is at least.
    """

    n_rows: int
    basis: Floats
    sizes: Floats
    found: Floats
    of_found: Floats
    rest: Floats
    least_noise: Floats

    @classmethod
    def of(cls, moments: Moments) -> Directions:
        sizes, basis = np.linalg.eigh(moments.gram)
        sizes = np.maximum(sizes, 0)
        # There are no more than rows: the others are rounding errors.
        is_found = (sizes > 1e-9 * sizes.max()) & (np.arange(len(sizes)) >= len(sizes) - moments.n_rows)
        of_found = (basis[:, is_found].T @ moments.cross) / np.sqrt(sizes[is_found])[:, None]
        rest = moments.outer - of_found.T @ of_found
        least = np.diag(np.maximum(np.diag(moments.outer) / moments.n_rows, 1e-12) * _LEAST_NOISE)
        return cls(moments.n_rows, basis, sizes, sizes[is_found], of_found, rest, least)

    def likeliest(self) -> tuple[Floats, Floats]:
        """Return the likeliest covariances B of weights and S of noise, by expectation and maximisation."""
        signal, noise = self._likeliest_proportional()
        before = self.log_likelihood(signal, noise)
        for _ in range(_ROUNDS):
            changed = self._better(signal, noise)
            gain = self.log_likelihood(*changed) - before
            if gain > 0:
                (signal, noise), before = changed, before + gain
            if gain < _SMALL_GAIN * self.n_rows:
                break
        return signal, noise

    def log_likelihood(self, signal: Floats, noise: Floats) -> float:
        """Return the logarithm of the density of all targets."""
        covariances, z = self.found[:, None, None] * signal + noise, self.of_found
        n_left = self.n_rows - len(self.found)
        of_found = _log_det(covariances).sum() + np.sum(z * np.linalg.solve(covariances, z[..., None])[..., 0])
        of_rest = n_left * _log_det(noise) + np.trace(np.linalg.solve(noise, self.rest))
        return float(-(of_found + of_rest + self.n_rows * z.shape[1] * np.log(2 * np.pi)) / 2)

    def _likeliest_proportional(self) -> tuple[Floats, Floats]:
        """Return the likeliest covariances where one is a multiple of the other.

        Given the ratio of noise to signal, the likeliest signal is a mean of products; the ratio is from a grid.
        """
        n_left, best = self.n_rows - len(self.found), (-np.inf, self.least_noise, self.least_noise)
        for ratio in _RATIOS:
            scale = self.found + ratio
            products = (self.of_found.T / scale) @ self.of_found + self.rest / ratio
            signal = products / self.n_rows + self.least_noise
            logs = len(signal) * (np.log(scale).sum() + n_left * np.log(ratio)) + self.n_rows * _log_det(signal)
            if -logs > best[0]:
                best = -logs, signal, ratio * signal + self.least_noise
        return best[1], best[2]

    def _better(self, signal: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Return the covariances that weights and noise are expected to have, given the present ones."""
        roots = np.sqrt(self.found)[:, None, None]
        slopes = roots * np.swapaxes(np.linalg.solve(roots**2 * signal + noise, signal[None]), -1, -2)
        means = np.einsum("jst,jt->js", slopes, self.of_found)
        left = signal - roots * slopes @ signal
        errors = self.of_found - roots[:, 0] * means
        new_signal = (means.T @ means + left.sum(axis=0)) / len(self.found)
        new_noise = (errors.T @ errors + (roots**2 * left).sum(axis=0) + self.rest) / self.n_rows
        return _symmetric(new_signal), _symmetric(new_noise) + self.least_noise


def _log_det(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.slogdet(covariance)[1])


def _symmetric(matrix: Floats) -> Floats:
    return np.asarray((matrix + matrix.T) / 2)
