"""Accumulated local effects (Apley & Zhu 2020): what small steps of a feature change, added up.

Each row moves only between the two values of the grid that it lies between, so that no row is asked for that is far
from the data, however correlated features are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.explanation.effects.axis import Axis
from nbreg.explanation.explained import Explained, Floats, Points


@dataclass(frozen=True, eq=False)
class _Steps:
    """Which rows take which steps from one value of the grid to the next, and how much each row counts where.

    `takes` ``(n_rows, n_grid - 1)`` is bool; `weights` ``(n_rows, n_grid)`` sum to one in each row.
    """

    takes: NDArray[np.bool_]
    weights: Floats


def first_order(explained: Explained, points: Points, axis: Axis) -> Floats:
    """Return the effect of one feature, ``(n_grid, n_targets)``, with a mean of zero over the rows.

    `points` are rows that all have a place on the axis.
    """
    taken = _steps(axis)
    row, step = np.nonzero(taken.takes)
    below, above = (_predicted(explained, points, row, [(axis, step + up)]) for up in (0, 1))
    effect = _from_zero(_mean_by(step, above - below, len(axis) - 1))
    centred: Floats = effect - (taken.weights @ effect).mean(axis=0)
    return centred


def second_order(explained: Explained, points: Points, axes: Sequence[Axis]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what two features do together beyond what each does, ``(n_grid, n_grid_2, n_targets)``, and which cells
    between the values ``(n_grid - 1, n_grid_2 - 1)`` have no rows.

    Steps of both at once, added up, less both first-order effects that this still holds;
    a cell without rows takes the change of the nearest one that has some. `points` are rows with a place on both axes.
    """
    first, second = (_steps(axis) for axis in axes)
    row, i, j = np.nonzero(first.takes[:, :, None] & second.takes[:, None, :])
    corners = {
        (up, right): _predicted(explained, points, row, [(axes[0], i + up), (axes[1], j + right)])
        for up in (0, 1)
        for right in (0, 1)
    }
    changes = corners[1, 1] - corners[0, 1] - corners[1, 0] + corners[0, 0]
    n_cells = len(axes[0]) - 1, len(axes[1]) - 1
    means = _mean_by(i * n_cells[1] + j, changes, n_cells[0] * n_cells[1]).reshape(*n_cells, -1)
    empty = np.isnan(means[:, :, 0])
    surface = _from_zero(_from_zero(_filled(means, empty)).swapaxes(0, 1)).swapaxes(0, 1)
    return _pure(surface, first, second), empty


def _pure(surface: Floats, first: _Steps, second: _Steps) -> Floats:
    """Return the surface ``(n_grid, n_grid_2, n_targets)`` less its own first-order effects and its mean."""
    of_first = _from_zero(_mean_steps(np.diff(surface, axis=0), first, second))
    of_second = _from_zero(_mean_steps(np.diff(surface, axis=1).swapaxes(0, 1), second, first))
    pure = surface - of_first[:, None] - of_second[None]
    mean = np.einsum("ni,nj,ijt->t", first.weights, second.weights, pure, optimize=True) / len(first.weights)
    centred: Floats = pure - mean
    return centred


def _mean_steps(steps: Floats, along: _Steps, across: _Steps) -> Floats:
    """Return the mean step ``(n_grid - 1, n_targets)`` over the rows that take it, each where it lies across."""
    takes = along.takes.astype(float)
    total = np.einsum("ni,nj,ijt->it", takes, across.weights, steps, optimize=True)
    mean: Floats = total / takes.sum(axis=0)[:, None]
    return mean


def _steps(axis: Axis) -> _Steps:
    values = np.arange(len(axis))
    if axis.levels is not None:  # from its level to both neighbours
        here = axis.observed[:, None] == values
        return _Steps(here[:, :-1] | here[:, 1:], here.astype(float))
    below = np.clip(np.searchsorted(axis.numbers, axis.observed, side="left") - 1, 0, len(axis) - 2)
    takes = below[:, None] == values[:-1]
    halves = np.pad(takes, ((0, 0), (0, 1))) / 2 + np.pad(takes, ((0, 0), (1, 0))) / 2
    return _Steps(takes, halves)


def _predicted(explained: Explained, points: Points, rows: NDArray[Any], set_to: Sequence[tuple[Axis, Any]]) -> Floats:
    """Return predictions ``(n, n_targets)`` for `rows`, with features set to values of their grids."""
    moved = points[rows]
    for axis, values in set_to:
        columns = explained.players.owner == explained.players.position_of(axis.name)
        moved[:, columns] = points[axis.rows[values]][:, columns]
    return explained.predict(moved)


def _mean_by(which: NDArray[np.intp], changes: Floats, number: int) -> Floats:
    """Return the mean of ``(n, n_targets)`` by place, ``(number, n_targets)``; NaN where there is nothing."""
    counts = np.bincount(which, minlength=number).astype(float)
    totals = [np.bincount(which, weights=column, minlength=number) for column in changes.T]
    with np.errstate(invalid="ignore"):
        means: Floats = np.column_stack(totals) / counts[:, None]
    return means


def _from_zero(changes: Floats) -> Floats:
    """Return what changes add up to along the first axis, beginning with zero."""
    return np.concatenate([np.zeros_like(changes[:1]), np.cumsum(changes, axis=0)])


def _filled(means: Floats, empty: NDArray[np.bool_]) -> Floats:
    from scipy.ndimage import distance_transform_edt

    if not empty.any():
        return means
    nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
    filled: Floats = means[tuple(nearest)]
    return filled
