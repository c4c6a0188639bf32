"""Permutation importance: how much worse predictions get without a feature's values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError
from nbreg.evaluation.wording import counted
from nbreg.explanation.explained import ROWS_A_STEP, Floats
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.steps import steps

N_SHUFFLES = 5


@METHODS.register("permutation_importance")
class PermutationImportance(Method):
    """Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019), row by row.

    A value is by how much the absolute error, in target units, grows on average where the feature has the value of
    another explained row: the mean over rows is the increase of the mean absolute error. It may be negative. In each
    shuffle a row takes from one other row, never from itself, and each other row is as likely; all columns of a
    feature come along. The background has no part.
    """

    kind = "sensitivity"
    needs_gradient = False
    needs_observed = True

    def attribute(self, task: Task) -> Attribution:
        """Explain. Raises DataError where the true targets are not known, or there is but one row."""
        if task.observed is None:
            raise DataError("permutation_importance needs the true targets, and they are not known here.")
        if len(task.points) < 2:
            raise DataError("permutation_importance takes values from other rows: give 2 rows or more.")
        shuffles = _Shuffles(task, task.rounds or N_SHUFFLES)
        parts = [shuffles.increases(rows) for rows in task.effort.each(shuffles.slices)]
        values, errors = (np.concatenate(each) for each in zip(*parts, strict=True))
        words = f"{counted(shuffles.n, 'shuffle')} of each feature among the rows"
        return Attribution(values, None, errors if shuffles.n > 1 else None, words)


class _Shuffles:
    """Predictions where one feature after the other comes from another row."""

    def __init__(self, task: Task, n: int):
        assert task.observed is not None
        self._task, self.n, self._observed = task, n, task.observed
        self._error = np.abs(self._observed - task.explained.predict(task.points))
        rng = np.random.default_rng(task.seed)
        self._donors = np.stack([_others(len(task.points), rng) for _ in range(n)])
        n_players = len(task.explained.players)
        self.slices = list(steps(len(task.points), max(1, ROWS_A_STEP // (n * n_players))))

    def increases(self, rows: slice) -> tuple[Floats, Floats]:
        """Return the mean increase of the absolute error and its standard error, ``(n, n_players, n_targets)``."""
        points, explained = self._task.points, self._task.explained
        others = points[self._donors[:, rows]]  # (shuffles, n, columns)
        is_own = explained.players.owner == np.arange(len(explained.players))[:, None]  # (players, columns)
        mixed = np.where(is_own[:, None, None], others, points[rows])  # (players, shuffles, n, columns)
        predictions = explained.predict(mixed.reshape(-1, points.shape[1])).reshape(*mixed.shape[:3], -1)
        increases = np.abs(self._observed[rows] - predictions) - self._error[rows]
        spread = increases.std(axis=1, ddof=min(1, self.n - 1)) / np.sqrt(self.n)
        return increases.mean(axis=1).transpose(1, 0, 2), spread.transpose(1, 0, 2)


def _others(n_rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return for each row another one, ``(n_rows,)``: a random cycle through all rows."""
    order = rng.permutation(n_rows)
    others = np.empty(n_rows, np.intp)
    others[order] = np.roll(order, -1)
    return others
