"""SmoothGrad: gradients averaged over noisy copies of each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbreg.evaluation.wording import count
from nbreg.explanation.explained import Floats, Function, Points
from nbreg.explanation.gradients import gradients_of
from nbreg.explanation.lines import baseline_of
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.steps import filled_up, steps

N_COPIES = 50
#: The noise, as a share of each column's standard deviation over the background.
NOISE = 0.1


@METHODS.register("smooth_grad")
class SmoothGrad(Method):
    """SmoothGrad (Smilkov et al. 2017) times input: the mean gradient around the row, times distance from a baseline.

    The baseline is the mean background row. Copies are drawn at random, so there are standard errors; `rounds` are
    their number, if given.
    """

    def attribute(self, task: Task) -> Attribution:
        n_copies = N_COPIES if task.rounds is None else max(2, task.rounds)
        baseline = baseline_of(task.background)
        copies = _Copies(task, baseline, n_copies)
        parts = [copies.of(rows) for rows in task.effort.each(copies.slices)]
        values, errors = (np.concatenate(each) for each in zip(*parts, strict=True))
        base_values = task.explained.predict(baseline)[0]
        words = f"{count(n_copies)} noisy copies of each row"
        return Attribution(values, base_values, errors, words)


class _Copies:
    """Noisy copies of rows, in steps of one shape."""

    def __init__(self, task: Task, baseline: Points, n_copies: int):
        self._task, self._baseline, self._n_copies = task, baseline, n_copies
        self._spread = NOISE * task.background.std(axis=0)
        few = 1 << max(len(task.points) - 1, 0).bit_length()
        self._n_rows = min(few, max(1, task.explained.rows_a_step // n_copies))
        self.slices = list(steps(len(task.points), self._n_rows))
        key = "noisy copies", n_copies, self._n_rows
        n_evaluations = 3 * len(task.points) * n_copies
        self._step = task.explained.compiled(key, _shares_of_copies(task.explained.players.membership), n_evaluations)

    def of(self, rows: slice) -> tuple[Floats, Floats]:
        """Return attributions and their standard errors, each ``(n, n_players, n_targets)``."""
        import tensorflow as tf

        rng = np.random.default_rng((self._task.seed, rows.start))
        shape = self._n_rows, self._n_copies, len(self._spread)
        noise = rng.standard_normal(shape, dtype=np.float32) * self._spread
        points = filled_up(self._task.points[rows], self._n_rows)
        found = self._step(*(tf.constant(each) for each in (points, self._baseline, noise)))
        shares = np.asarray(found, np.float64)[: rows.stop - rows.start]
        return shares.mean(axis=1), shares.std(axis=1, ddof=1) / np.sqrt(self._n_copies)


def _shares_of_copies(membership: Floats) -> Callable[[Function], Callable[..., Any]]:
    """Return what makes a step; `membership` ``(n_columns, n_players)`` says which columns are whose."""

    def make(function: Function) -> Callable[..., Any]:
        import tensorflow as tf

        of_players = tf.constant(membership, tf.float32)

        def step(rows: Any, baseline: Any, noise: Any) -> Any:
            points = rows[:, None] + noise  # (n, copies, columns)
            gradients = gradients_of(function, tf.reshape(points, (-1, rows.shape[1])))
            gradients = tf.reshape(gradients, (*points.shape, -1))
            by_column = gradients * (rows - baseline)[:, None, :, None]
            return tf.einsum("nkct,cp->nkpt", by_column, of_players)

        return step

    return make
