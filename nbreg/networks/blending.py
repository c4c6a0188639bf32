"""How much of a model's predictions to count, as far as rows that it was not fitted to agree that it helps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Blocks of rows that are to agree.
_BLOCKS = 4


def agreed_blend(own: Any, left: Any) -> Floats:
    """Return ``(n_targets,)``, in [0, 1]: the share of `own` with which it comes near to `left`.

    Both are ``(n_rows, n_targets)``; `left` is NaN where nothing is known. The share of each target makes squared
    errors small, half-way to that of all targets alike. It is found on each of some blocks of neighbouring rows, and is
    their mean less its standard error: windows of a series overlap, so that all rows together would seem surer than
    they are.
    """
    blocks = np.array_split(np.arange(len(left)), min(_BLOCKS, len(left)))
    shares = np.array([_share(own[rows], left[rows]) for rows in blocks])
    doubt = shares.std(axis=0, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0
    agreed: Floats = np.clip(shares.mean(axis=0) - doubt, 0.0, 1.0)
    return agreed


def _share(own: Floats, left: Floats) -> Floats:
    """Return the share of `own` with which it comes nearest to `left`, for each target, in [-1, 1]."""
    known = ~np.isnan(left)
    along = np.where(known, left * own, 0.0).sum(axis=0)
    size = np.where(known, own**2, 0.0).sum(axis=0)
    least = np.finfo(np.float64).tiny
    share: Floats = np.clip((along + along.mean()) / np.maximum(size + size.mean(), least), -1.0, 1.0)
    return share
