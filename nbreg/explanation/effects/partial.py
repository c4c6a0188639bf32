"""Predictions with a feature, or two, set to each value of a grid: partial dependence and its single curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nbreg.explanation.effects.axis import Axis
from nbreg.explanation.effort import Effort
from nbreg.explanation.explained import Explained, Floats, Points
from nbreg.explanation.steps import steps


def curves(explained: Explained, points: Points, axis: Axis, effort: Effort) -> Floats:
    """Return each row's prediction at each value, ``(n_done, n_grid, n_targets)``: individual conditional
    expectations (Goldstein, Kapelner, Bleich & Pitkin 2015); fewer rows where it was interrupted."""
    return np.concatenate(list(_on_grid(explained, points, (axis,), effort)))


def mean_surface(explained: Explained, points: Points, axes: Sequence[Axis], effort: Effort) -> tuple[Floats, int]:
    """Return the mean prediction over the rows at each pair of values, ``(n_grid, n_grid_2, n_targets)``, and over
    how many rows: partial dependence (Friedman 2001)."""
    total, n_done = np.zeros(()), 0
    for block in _on_grid(explained, points, axes, effort):
        total, n_done = total + block.sum(axis=0), n_done + len(block)
    return (total / n_done).reshape(len(axes[0]), len(axes[1]), -1), n_done


def spread_of_shapes(found: Floats) -> Floats:
    """Return how far single curves ``(n_rows, n_grid, n_targets)`` differ in shape, ``(n_grid, n_targets)``.

    It is the standard deviation over the rows of the curves, each shifted to a mean of zero: none where the feature
    acts alike on all rows.
    """
    spread: Floats = (found - found.mean(axis=1, keepdims=True)).std(axis=0)
    return spread


def _on_grid(explained: Explained, points: Points, axes: Sequence[Axis], effort: Effort) -> Iterator[Floats]:
    """Yield predictions ``(n, n_combinations, n_targets)`` for some rows after the others."""
    owner = explained.players.owner
    owned = [np.flatnonzero(owner == explained.players.position_of(axis.name)) for axis in axes]
    rows_of = np.meshgrid(*(axis.rows for axis in axes), indexing="ij")
    given = np.hstack([points[rows.ravel()][:, columns] for rows, columns in zip(rows_of, owned, strict=True)])
    columns = np.concatenate(owned)
    for rows in effort.each(list(steps(len(points), max(1, explained.rows_a_step // len(given))))):
        block = np.repeat(points[rows], len(given), axis=0)
        block[:, columns] = np.tile(given, (rows.stop - rows.start, 1))
        yield explained.predict(block).reshape(rows.stop - rows.start, len(given), -1)
