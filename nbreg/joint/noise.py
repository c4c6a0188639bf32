"""How the noise of several targets goes together: as predicted, and as residuals of rows held back show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError
from nbreg.joint.prediction import gaussians_of
from nbreg.networks.gaussians import as_correlation

Floats = NDArray[np.float64]

#: Fewer rows say nothing of correlations.
_FEWEST_ROWS = 3


@dataclass(frozen=True, eq=False)
class NoiseCorrelation:
    """Correlations of the noise of several targets, ``(n_targets, n_targets)``, as targets are scaled (and bent).

    `predicted` is that of the mean over the rows of the predicted covariances, `residual` that of the residuals, both
    on `n_rows` of the `rows` ("test", "validation" or "train").
    """

    target_names: tuple[str, ...]
    predicted: Floats
    residual: Floats
    n_rows: int
    rows: str


def noise_correlation(regressor: Any) -> NoiseCorrelation:
    """Return the correlations on the rows that the fit held back: test rows, else validation, else train rows.

    Where targets are missing a correlation is that of the rows that have both. Raises OptionError where the head
    predicts no distribution, DataError where there are not several targets, no rows, or too few.
    """
    import pandas as pd

    regressor.check_trained()
    names = regressor.target_names_
    if len(names) < 2:
        raise DataError(f"Noise goes together where there are several targets; here {names[0]} is the only one.")
    data = regressor.data_
    which = next((each for each in ("test", "validation", "train") if data is not None and data.n_rows(each)), None)
    if which is None:
        raise DataError("This regressor came without its table: fit again to see how its residuals go together.")
    inputs, observed = data.arrays(which)
    if len(inputs) < _FEWEST_ROWS:
        raise DataError(f"Correlations take {_FEWEST_ROWS} rows or more; there are {len(inputs)} {which} rows.")
    found = gaussians_of(regressor, inputs)
    residual = pd.DataFrame(observed - found.mean).corr(min_periods=_FEWEST_ROWS).to_numpy()
    return NoiseCorrelation(names, as_correlation(found.covariance.mean(axis=0)), residual, len(inputs), which)
