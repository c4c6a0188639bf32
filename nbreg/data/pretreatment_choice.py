"""Choosing a pretreatment of spectra on the train rows: by what is learned from each of them, row by row left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbreg.data.pretreatment import pretreated
from nbreg.data.reading import Floats
from nbreg.data.suspicions import sampled_rows

#: So many rows tell which pretreatment is best; more would be slow.
MOST_ROWS = 500

#: Widths of the kernel, in channels, and penalties. Finer fits than these are within reach of a matrix that is
#: inverted, but not of a network that is trained by steps, for which the choice is made.
_GAMMAS = (0.1, 1.0)
_ALPHAS = (1e-4, 1e-3, 1e-2, 1e-1)


def best_pretreatment(X: Floats, y: Floats, candidates: Sequence[str], window: int) -> str:
    """Return the candidate after which kernel ridge regression errs least on rows left out of it.

    `X` are raw spectra of the train rows ``(n_rows, n_channels)``, `y` their scaled targets ``(n_rows, n_targets)``.
    The error is the mean over targets of the root mean square, the least over a few kernel widths and penalties.
    Of equal ones the first is taken.
    """
    rows = sampled_rows(len(X), MOST_ROWS)
    rows = rows[~np.isnan(X[rows]).all(axis=1) & ~np.isnan(y[rows]).any(axis=1)]
    if len(rows) < 3:
        return candidates[0]
    y = y[rows] - y[rows].mean(axis=0)
    errors = [left_out_error(pretreated(X[rows], each, window), y) for each in candidates]
    return candidates[int(np.argmin(errors))]


def left_out_error(Z: Floats, y: Floats) -> float:
    """Return the least error of kernel ridge regression on rows left out.

    `Z` is ``(n_rows, n_channels)``, `y` ``(n_rows, n_targets)``. The channels are standardised, the kernel is
    Gaussian. What a row left out would have been predicted as follows from the fit on all rows: its residual is
    ``c_i / (G^-1)_ii`` with ``G = K + alpha I`` and ``c = G^-1 y`` (Rifkin & Lippert 2007, "Notes on regularized least
    squares").
    """
    from threadpoolctl import threadpool_limits

    Z = _standardised(Z)
    with threadpool_limits(1):  # threads that wait for each other make small matrices slow on a busy machine
        return min(error for gamma in _GAMMAS for error in _errors(_kernel(Z, gamma / Z.shape[1]), y))


def _errors(kernel: Floats, y: Floats) -> list[float]:
    """Return the error on rows left out for each penalty."""
    eigenvalues, V = np.linalg.eigh(kernel)
    along, squared = V.T @ y, V**2
    found = []
    for alpha in _ALPHAS:
        inverse = 1 / (np.maximum(eigenvalues, 0) + alpha)
        left_out = (V @ (inverse[:, None] * along)) / (squared @ inverse)[:, None]
        found.append(float(np.sqrt((left_out**2).mean(axis=0)).mean()))
    return found


def _kernel(Z: Floats, gamma: float) -> Floats:
    from sklearn.metrics.pairwise import rbf_kernel

    kernel: Floats = rbf_kernel(Z, gamma=gamma)
    return kernel


def _standardised(Z: Floats) -> Floats:
    spread = Z.std(axis=0)
    scaled: Floats = (Z - Z.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled
