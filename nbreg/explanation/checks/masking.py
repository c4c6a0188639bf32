"""Predictions of rows of which only some players are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.explanation.explained import ROWS_A_STEP, Explained, Floats, Points
from nbreg.explanation.steps import steps


def masked_predictions(explained: Explained, points: Points, background: Points, known: NDArray[np.bool_]) -> Floats:
    """Return the mean predictions over the background rows ``(n_background, n_columns)``, which stand for the unknown.

    `known` ``(n_rows, n_masks, n_players)`` are the players that keep the values of their row in `points`
    ``(n_rows, n_columns)``. The result is ``(n_rows, n_masks, n_targets)``.
    """
    columns = known[:, :, explained.players.owner]
    n_rows, n_masks, n_columns = columns.shape
    size = max(1, ROWS_A_STEP // (n_masks * len(background)))
    parts = []
    for rows in steps(n_rows, size):
        mixed = np.where(columns[rows, :, None], points[rows, None, None], background)
        predictions = explained.predict(mixed.reshape(-1, n_columns))
        parts.append(predictions.reshape(-1, n_masks, len(background), predictions.shape[1]).mean(axis=2))
    return np.concatenate(parts)


def resolution(predictions: Floats) -> Floats:
    """Return ``(n_targets,)``: differences of predictions ``(n_rows, n_targets)`` up to this are rounding errors."""
    finest: Floats = np.finfo(np.float32).eps * np.abs(predictions).max(axis=0)
    return finest
