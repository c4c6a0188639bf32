"""The slow movements of a window, or the numbers of a row: what a smooth model sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.networks.inputs import Inputs

Floats = NDArray[np.float64]

#: So many cosines of each channel, the slowest: what is slow at several scales.
_COSINES = (4, 8, 24)
#: What spreads less than this is not blown up to a spread of one.
_LEAST_SPREAD = 1e-2
#: The share of later values that may leave the range before.
_MOST_THAT_LEAVE = 0.5


def steady_levels(inputs: Inputs, numbers: Any, later: Any) -> tuple[bool, ...]:
    """Return for each channel of a sequence whether its last value stays, in `later` rows, within the range it had.

    Both are numeric inputs ``(n_rows, n_numbers)``. Of a trend, random units can only guess what they make of levels
    that are yet to come.
    """
    start = (inputs.n_steps - 1) * inputs.n_channels
    last, then = (rows[:, start : start + inputs.n_channels] for rows in (numbers, later))
    left = ((then < last.min(axis=0)) | (then > last.max(axis=0))).mean(axis=0)
    return tuple((left <= _MOST_THAT_LEAVE).tolist())


def movements_by_scale(inputs: Inputs, numbers: Any, levels: Sequence[bool] = ()) -> list[tuple[Floats, Floats]]:
    """Return the slow movements of a sequence at several scales, or all numbers of rows without one: one scale."""
    if not inputs.n_steps:
        return [slow_movements(inputs, numbers)]
    counts = sorted({min(n_cosines, inputs.n_steps - 1) for n_cosines in _COSINES})
    return [slow_movements(inputs, numbers, n_cosines, levels) for n_cosines in counts]


def slow_movements(
    inputs: Inputs, numbers: Any, n_cosines: int = 0, levels: Sequence[bool] = ()
) -> tuple[Floats, Floats]:
    """Return ``(n_numbers, n)`` and ``(n,)``: by what to multiply the numeric inputs, and what to add.

    Of a sequence that gives each channel's last value, where `levels` do not say otherwise, and the `n_cosines` slowest
    of its way there (the discrete cosine transform of the differences to the last value); what is known beside a
    sequence, such as the calendar, is left out, for it will leave the range that it had. Without a sequence it gives
    all numbers. Each has mean 0 and spread 1 over the rows `numbers` ``(n_rows, n_numbers)``. What is only ever 0 or 1,
    such as marks of gaps, is left out too.
    """
    is_number: NDArray[np.bool_] = np.asarray(~np.isin(numbers, (0.0, 1.0)).all(axis=0))
    if inputs.n_steps:
        moving = is_number[: inputs.n_steps * inputs.n_channels].reshape(inputs.n_steps, -1).any(axis=0)
        with_level = levels or (True,) * inputs.n_channels
        found = [
            _of_channel(inputs, channel, n_cosines, with_level=with_level[channel])
            for channel in np.flatnonzero(moving).tolist()
        ]
        factors = np.hstack([np.zeros((inputs.n_numbers, 0)), *found])
    else:
        factors = np.eye(numbers.shape[1])[:, is_number]
    values = np.asarray(numbers, np.float64) @ factors
    spreads = np.maximum(values.std(axis=0), _LEAST_SPREAD)
    return factors / spreads, -values.mean(axis=0) / spreads


def _of_channel(inputs: Inputs, channel: int, n_cosines: int, *, with_level: bool) -> Floats:
    """Return ``(n_numbers, n)``: the last value of a channel, and the cosines of the way there."""
    n_steps = inputs.n_steps
    steps, waves = np.arange(n_steps), np.arange(n_cosines)
    cosines = np.cos(np.pi * (steps[:, None] + 0.5) * waves / n_steps) / np.sqrt(n_steps)
    cosines[-1] -= cosines.sum(axis=0)  # of differences to the last value
    of_window = np.hstack([np.eye(n_steps)[:, -1:], cosines]) if with_level else cosines
    factors = np.zeros((inputs.n_numbers, of_window.shape[1]))
    factors[channel + steps * inputs.n_channels] = of_window
    return factors
