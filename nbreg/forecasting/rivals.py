"""Forecasts that need no network: what there was last, what there was a season ago, and ridge regression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.reading import Floats
from nbreg.data.windows.clock import Clock
from nbreg.data.windows.grid import Grid
from nbreg.data.windows.windowing import WindowData
from nbreg.networks.ridge import RidgePath
from nbreg.networks.skip import LINEAR_PENALTIES

_DAY = 86_400_000_000

Origins = NDArray[np.intp]


def usual_season(clock: Clock) -> int:
    """Return so many steps as make a day; of daily steps a week, of weekly ones and of months a year; else 1."""
    if clock.kind == "number":
        return 1
    if clock.kind == "month":
        return int(12 // clock.step) if 12 % clock.step == 0 else 1
    if clock.step < _DAY:
        return round(_DAY / clock.step)
    days = clock.step / _DAY
    return {1.0: 7, 7.0: 52}.get(days, 1)


def persistence(data: WindowData, origins: Origins) -> Floats:
    """Return the last value of each target for all steps ahead, ``(n, n_targets, horizon)``, in target units."""
    values = _lasting(data.grid, data.window_encoder.n_targets)
    return np.repeat(values[origins][:, :, None], data.windows.horizon, axis=2)


def seasonal_naive(data: WindowData, origins: Origins, season: int) -> Floats:
    """Return each target's value of the newest season at the same place of it, ``(n, n_targets, horizon)``.

    Where that is a gap, it is the value of one season before, as far back as the series goes; else the last value.
    """
    steps = np.arange(1, data.windows.horizon + 1)
    back = steps - season * np.ceil(steps / season).astype(np.intp)
    values = _seasonal(data.grid, data.window_encoder.n_targets, season)
    found = values[np.maximum(origins[:, None] + back, 0)]
    found[origins[:, None] + back < _starts(data.grid)[origins][:, None]] = np.nan
    found = found.transpose(0, 2, 1)
    return np.where(np.isnan(found), persistence(data, origins), found)


def ridge(data: WindowData, inputs: Any, penalty: float) -> Floats:
    """Return what ridge regression on the train windows says of `inputs`, ``(n, n_targets, horizon)``, target units.

    The inputs are those of the network, the flattened window and the calendar. Each step of each target has its own
    regression, on all windows in which it is known.
    """
    x, y = data.arrays("train")
    scaled = RidgePath(_numbers(data, x), y).fit(penalty)(_numbers(data, inputs))
    predicted = data.target_scaler.inverse_transform(scaled)
    return predicted.reshape(len(inputs), -1, data.windows.horizon)


def ridge_penalty(data: WindowData) -> float:
    """Return the penalty with which these regressions are best on the validation windows."""
    (x, y), (x_val, y_val) = data.arrays("train"), data.arrays("validation")
    return RidgePath(_numbers(data, x), y).best(LINEAR_PENALTIES, _numbers(data, x_val), y_val)


def _numbers(data: WindowData, inputs: Any) -> Any:
    return inputs[:, : data.encoder.n_inputs - len(data.encoder.n_levels)]


def _lasting(grid: Grid, n_targets: int) -> Floats:
    """Return the series of the targets with gaps filled by the value before, ``(n_steps, n_targets)``."""
    return _seasonal(grid, n_targets, 1)


def _seasonal(grid: Grid, n_targets: int, season: int) -> Floats:
    """Return the series with gaps filled by the value a season before, seasons before, ..."""
    filled = grid.values[:, :n_targets].copy()
    for start, length in zip(grid.starts, grid.lengths, strict=True):
        n_rows = math.ceil(length / season) * season
        series = np.full((n_rows, n_targets), np.nan)
        series[:length] = filled[start : start + length]
        seasons = series.reshape(-1, season, n_targets)
        known = np.where(np.isnan(seasons), 0, np.arange(len(seasons))[:, None, None])
        newest = np.maximum.accumulate(known, axis=0)
        filled[start : start + length] = np.take_along_axis(seasons, newest, axis=0).reshape(n_rows, -1)[:length]
    return filled


def _starts(grid: Grid) -> Origins:
    """Return for each step where its series begins, ``(n_steps,)``."""
    return np.repeat(grid.starts, grid.lengths)
