"""How far forecasts were off, by target and by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Floats
from nbreg.data.windows.grid import Grid


def rmse_by_step(errors: Floats) -> Floats:
    """Return the RMSE of `errors` ``(n, n_targets, horizon)``, gaps as NaN, at each step: ``(n_targets, horizon)``."""
    return np.sqrt(_mean(np.square(errors), (0,)))


def rmse(errors: Floats) -> Floats:
    """Return the RMSE over all steps of `errors` ``(n, n_targets, horizon)``: ``(n_targets,)``."""
    return np.sqrt(_mean(np.square(errors), (0, 2)))


def mase(errors: Floats, scales: Floats) -> Floats:
    """Return the mean absolute scaled error of `errors` ``(n, n_targets, horizon)``: ``(n_targets,)``.

    `scales` ``(n, n_targets)`` are those of the windows' series, from `naive_scales` (Hyndman & Koehler 2006, "Another
    look at measures of forecast accuracy"): below 1, forecasts are better than the seasonal naive one was, one season
    ahead, on the rows that were trained on.
    """
    return _mean(np.abs(errors) / scales[:, :, None], (0, 2))


def naive_scales(grid: Grid, n_targets: int, is_train: NDArray[np.bool_], season: int) -> Floats:
    """Return the mean absolute error of the seasonal naive forecast, ``(n_groups, n_targets)``.

    It forecasts each train step by the value `season` steps before it in its series; NaN where there are no two such.
    """
    scales = np.full((len(grid.starts), n_targets), np.nan)
    for i, (start, length) in enumerate(zip(grid.starts, grid.lengths, strict=True)):
        rows = np.arange(start, start + length)
        values = grid.values[rows[is_train[rows]], :n_targets]
        if len(values) > season:
            scales[i] = _mean(np.abs(values[season:] - values[:-season]), (0,))
    return scales


def _mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Return the mean of what is no gap; NaN where there is nothing."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axes)
    sums = np.where(known, values, 0.0).sum(axis=axes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
