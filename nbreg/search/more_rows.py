"""What more rows would bring, by the learning curve of those that there are.

Errors fall with the rows as a + b n^-c: of the forms that are compared in Viering and Loog (2022), "The shape of
learning curves: a review", the one that fits most often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nbreg.data.reading import Floats

#: Sizes that three parameters take at least, and curves drawn for their uncertainty.
FEWEST_SIZES, DRAWS = 4, 500
#: Where the ends of the interval are more than so many times apart, nothing can be told.
WIDEST = 4.0
#: The exponents c that are tried.
_EXPONENTS = np.linspace(0.01, 3.0, 300)


class Foreseen(NamedTuple):
    """An error foreseen for `n_rows`, and between which it lies with 90 per cent; `is_told`: that says something."""

    n_rows: int
    error: float
    low: float
    high: float
    is_told: bool


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """A learning curve ``a + b n^-c`` fitted to the mean errors at `sizes`, ``(n_sizes,)``.

    `parameters` are a, b and c; `draws` ``(n_draws, 3)`` those of curves as likely as the errors are uncertain.
    """

    sizes: Floats
    errors: Floats
    parameters: Floats
    draws: Floats

    def at(self, n_rows: npt.ArrayLike) -> Floats:
        """Return the errors for so many rows."""
        return _curve(np.asarray(n_rows, np.float64) / self.sizes[-1], *self.parameters)

    def band(self, n_rows: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return between which errors 90 per cent of the drawn curves lie, for so many rows."""
        ratios = np.asarray(n_rows, np.float64)[..., None] / self.sizes[-1]
        low, high = np.quantile(_curve(ratios, *self.draws.T), (0.05, 0.95), axis=-1)
        return low, high

    def foreseen(self, times: float) -> Foreseen:
        """Return what so many times the rows would bring."""
        n_rows = round(self.sizes[-1] * times)
        error, (low, high) = float(self.at(n_rows)), map(float, self.band(n_rows))
        return Foreseen(n_rows, error, low, high, is_told=high <= WIDEST * low)


def error_curve(sizes: Sequence[int], errors: npt.ArrayLike, test_share: float, seed: int = 0) -> ErrorCurve | None:
    """Return the curve through errors ``(n_sizes, n_folds)``, NaN where there is none; None: they do not tell one.

    Weighted least squares by the corrected errors of the means. For its uncertainty the means are drawn anew, from a
    multivariate t with the folds' own covariance times 1/k + n_test/n_train (Nadeau & Bengio 2003), and fitted again: a
    parametric bootstrap, for the few folds do not show by themselves that they share rows.
    """
    table = np.asarray(errors, np.float64)
    table = table[:, ~np.isnan(table).any(axis=0)]
    n_folds = table.shape[1]
    if len(sizes) < FEWEST_SIZES or n_folds < 2:
        return None
    order = np.argsort(sizes)
    n_rows, table = np.asarray(sizes, np.float64)[order], table[order]
    means = table.mean(axis=1)
    covariance = np.cov(table) * (1 / n_folds + test_share)
    weights = np.sqrt(np.maximum(np.diag(covariance), (1e-3 * means) ** 2))
    drawn = _drawn(means, covariance, n_folds - 1, seed)
    first, *draws = _fitted(n_rows, np.vstack([means, drawn]), weights)
    return ErrorCurve(n_rows, means, first, np.array(draws))


def _drawn(means: Floats, covariance: Floats, freedom: int, seed: int) -> Floats:
    """Return means as they might have been, ``(DRAWS, n_sizes)``."""
    rng = np.random.default_rng(seed)
    normal = rng.multivariate_normal(np.zeros(len(means)), covariance, DRAWS, method="svd")
    return np.asarray(means + normal / np.sqrt(rng.chisquare(freedom, DRAWS) / freedom)[:, None])


def _fitted(n_rows: Floats, errors: Floats, weights: Floats) -> Floats:
    """Return a, b and c, ``(n, 3)``, of the curves through errors ``(n, n_sizes)``; rows count as shares of the most.

    For each c of a grid a and b are known in closed form (at least 0, both); the c with the least misses is taken.
    """
    powers = (n_rows / n_rows[-1]) ** -_EXPONENTS[:, None]  # (exponents, n_sizes)
    levels, slopes = _lines(powers, errors, weights**-2)
    misses = (levels[..., None] + slopes[..., None] * powers - errors[:, None]) / weights
    best = (misses**2).sum(axis=2).argmin(axis=1)
    each = np.arange(len(errors))
    return np.stack([levels[each, best], slopes[each, best], _EXPONENTS[best]], axis=1)


def _lines(powers: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return a and b of weighted least squares, ``(n, exponents)`` each, neither below 0."""
    total, x, xx = weights.sum(), powers @ weights, powers**2 @ weights
    y, xy = (errors @ weights)[:, None], errors * weights @ powers.T
    slopes = (total * xy - x * y) / (total * xx - x**2)
    levels = (y - slopes * x) / total
    falls, starts = slopes > 0, levels > 0
    slopes = np.where(falls & ~starts, xy / xx, np.where(falls, slopes, 0.0))
    return np.where(falls, np.maximum(levels, 0.0), y / total), slopes


def _curve(ratios: Floats, a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    return np.asarray(a + b * ratios ** -np.asarray(c))
