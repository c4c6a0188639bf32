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
