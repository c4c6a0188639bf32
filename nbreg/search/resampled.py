"""How sure means over folds are.

Folds share rows that they learn from, so that their results are not independent and the plain standard error is too
small. Nadeau and Bengio (2003), "Inference for the generalization error", take 1/k + n_test/n_train in place of 1/k.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Interval(NamedTuple):
    """A mean, its standard error (NaN of a single value), and how many values it is of."""

    mean: float
    standard_error: float
    n: int


def corrected_mean(values: npt.ArrayLike, test_share: float) -> Interval:
    """Return the mean of `values` ``(n,)`` of folds, NaN passed over, with its corrected standard error.

    `test_share` is the number of rows that a fold holds out over the number that it learns from.
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return Interval(float("nan"), float("nan"), 0)
    spread = float(known.var(ddof=1)) if len(known) > 1 else float("nan")
    return Interval(float(known.mean()), math.sqrt((1 / len(known) + test_share) * spread), len(known))


def half_width(interval: Interval, level: float = 0.95) -> float:
    """Return how far an interval that covers the mean with probability `level` reaches to either side of it.

    By Student's t of n - 1 degrees of freedom; NaN of a single value.
    """
    from scipy.stats import t

    if interval.n < 2:
        return float("nan")
    return float(t.ppf(0.5 + level / 2, interval.n - 1)) * interval.standard_error


class Difference(NamedTuple):
    """The mean of first - second over n folds, its standard error, t and the two-sided p; NaN of fewer than two."""

    difference: float
    standard_error: float
    t: float
    p: float
    n: int


def corrected_t_test(first: npt.ArrayLike, second: npt.ArrayLike, test_share: float) -> Difference:
    """Test whether two choices differ, by their results on the same folds, ``(n,)`` each; NaN in either is passed over.

    The corrected resampled t-test (Nadeau & Bengio 2003), with n - 1 degrees of freedom. Differences that are all the
    same have no spread: then p is 0, or 1 where they are zero.
    """
    from scipy.stats import t as student

    mean, error, n = corrected_mean(np.asarray(first, np.float64) - np.asarray(second, np.float64), test_share)
    if n < 2:
        return Difference(mean, float("nan"), float("nan"), float("nan"), n)
    if error == 0:
        return Difference(mean, 0.0, math.copysign(math.inf, mean) if mean else 0.0, 0.0 if mean else 1.0, n)
    t = mean / error
    return Difference(mean, error, t, float(2 * student.sf(abs(t), n - 1)), n)


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return p-values ``(n,)`` corrected for their number by Holm's method (1979); NaN stays, and does not count."""
    values = np.asarray(p, np.float64)
    corrected = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return corrected
