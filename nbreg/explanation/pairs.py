"""Means over the background of what is computed for pairs of a row and a background row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbreg.explanation.explained import Floats, Points
from nbreg.explanation.method import Task
from nbreg.explanation.steps import filled_up, steps


class Pairs:
    """All pairs of a row and a background row, in steps of one shape.

    A step has `n_rows` rows and `n_background` background rows: at most `size` pairs. `slices` are the rows of each.
    """

    def __init__(self, task: Task, size: int):
        self._task = task
        n_points, n_background = len(task.points), len(task.background)
        self.n_background = -(-n_background // -(-n_background // size))
        few = 1 << max(n_points - 1, 0).bit_length()  # a power of two: each other shape is compiled anew
        self.n_rows = min(few, max(1, size // self.n_background))
        self.slices = list(steps(n_points, self.n_rows))

    def shares_of_players(self, step: Callable[..., Any]) -> Floats:
        """Return attributions ``(n_done, n_players, n_targets)``, for the rows that the task's effort allows.

        `step` takes rows ``(n_rows, n_columns)``, background ``(n_background, n_columns)`` and the background rows'
        weights in the mean ``(n_background,)``, and returns the weighted sum over the background, ``(n_rows,
        n_columns, n_targets)``. A player has the sum of its columns.
        """
        membership = self._task.explained.players.membership
        return np.concatenate(
            [
                np.einsum("nct,cp->npt", self._mean(step, self._task.points[rows]), membership)
                for rows in self._task.effort.each(self.slices)
            ]
        )

    def _mean(self, step: Callable[..., Any], points: Points) -> Floats:
        """Return ``(n, n_columns, n_targets)`` for at most `n_rows` points."""
        import tensorflow as tf

        rows = tf.constant(filled_up(points, self.n_rows))
        parts = [
            np.asarray(step(rows, *self._background(of)), np.float64)
            for of in steps(len(self._task.background), self.n_background)
        ]
        total: Floats = np.sum(parts, axis=0)
        return total[: len(points)]

    def _background(self, of: slice) -> tuple[Any, Any]:
        import tensorflow as tf

        weights = np.zeros(self.n_background, np.float32)
        weights[: of.stop - of.start] = 1 / len(self._task.background)
        return tf.constant(filled_up(self._task.background[of], self.n_background)), tf.constant(weights)
