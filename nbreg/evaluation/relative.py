"""Errors of several targets on one scale: as shares of what predicting the train mean comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: What the average is, for people.
ABOUT = "the RMSE as a share of the train mean's, averaged over the targets"


def relative_rmse(observed: Any, predicted: Any, train_means: Any) -> tuple[float | None, ...]:
    """Return each target's RMSE over that of its train mean on the same rows, None where there is none.

    `observed` and `predicted` are ``(n_rows, n_targets)``, `train_means` ``(n_targets,)``: the relative root mean
    squared error of Spyromitros-Xioufis et al. (2016), "Multi-target regression via input space expansion".
    """
    with np.errstate(all="ignore"):
        both = (np.square(observed - each) for each in (predicted, np.asarray(train_means)))
        errors, of_mean = (np.where(np.isnan(observed), 0, squares).sum(axis=0) for squares in both)
        shares = np.sqrt(errors / of_mean)
    return tuple(float(share) if np.isfinite(share) else None for share in shares)


def average(shares: Sequence[float | None]) -> float | None:
    """Return aRRMSE, the mean of several targets' relative RMSE; None where one has none, or there is one target."""
    known = [share for share in shares if share is not None]
    return float(np.mean(known)) if len(known) == len(shares) > 1 else None
