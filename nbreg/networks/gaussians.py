"""What a joint head predicts: for each row a mixture of normal distributions of all targets together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Mixtures in scaled units: `weights` ``(n_rows, n_components)``, `means` ``(n_rows, n_components, n_targets)``,
    `covariances` ``(n_rows, n_components, n_targets, n_targets)``. One component is a plain normal distribution.
    """

    weights: Floats
    means: Floats
    covariances: Floats
