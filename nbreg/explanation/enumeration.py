"""Shapley values by enumeration of all coalitions: exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import count
from nbreg.explanation.explained import Explained, Floats, Function, Points
from nbreg.explanation.method import Attribution, Task
from nbreg.explanation.steps import filled_up, steps


def enumerated(task: Task) -> Attribution:
    """Return the exact Shapley values of the rows; ``2 ** n_players`` coalitions for each."""
    worths = Worths(task.explained, task.background, len(task.points))
    shares = shapley_shares(len(task.explained.players))
    parts = []
    for rows in task.effort.each(list(steps(len(task.points), worths.n_rows))):
        worth = worths.of(task.points[rows])
        parts.append(np.einsum("pz,nzt->npt", shares, worth))
    base_values = task.explained.predict(task.background).mean(axis=0)
    return Attribution(np.concatenate(parts), base_values, words=f"exact, over all {count(shares.shape[1])} coalitions")


def coalitions(n_players: int) -> np.ndarray:
    """Return all coalitions, bool ``(2 ** n_players, n_players)``; number i holds the players of i's binary digits."""
    return ((np.arange(1 << n_players)[:, None] >> np.arange(n_players)) & 1).astype(bool)


def shapley_shares(n_players: int) -> Floats:
    """Return ``(n_players, 2 ** n_players)``: how much of each coalition's worth goes to each player.

    A player in a coalition of size s gains ``1 / (n C(n-1, s-1))`` of its worth, one outside loses
    ``1 / (n C(n-1, s))`` of it (Shapley 1953).
    """
    members = coalitions(n_players)
    size = members.sum(axis=1)
    inside = np.array([0.0, *(1 / (n_players * math.comb(n_players - 1, s - 1)) for s in range(1, n_players + 1))])
    outside = np.array([*(-1 / (n_players * math.comb(n_players - 1, s)) for s in range(n_players)), 0.0])
    shares: Floats = np.where(members.T, inside[size], outside[size])
    return shares


class Worths:
    """The worth of coalitions: the mean prediction where their players have a row's values, and all others those of
    each background row. Coalitions are all there are, or those given as `members`, bool ``(n_coalitions, n_players)``.
    """

    def __init__(
        self, explained: Explained, background: Points, n_rows_in_all: int, members: NDArray[np.bool_] | None = None
    ):
        import tensorflow as tf

        members = coalitions(len(explained.players)) if members is None else members
        self._members = members[:, explained.players.owner]
        n_background = len(background)
        # Whole rows in a step where they are small, else a power of two of coalitions, which divides the number of all.
        self.n_rows = max(1, explained.rows_a_step // (n_background * len(members)))
        fitting = max(1, explained.rows_a_step // (n_background * self.n_rows))
        self._n_coalitions = min(len(members), 1 << (fitting.bit_length() - 1))
        self._background = tf.constant(background)
        key = "worths", self.n_rows, self._n_coalitions, n_background
        self._evaluate = explained.compiled(key, _mean_over_background, n_rows_in_all * n_background * len(members))

    def of(self, points: Points) -> Floats:
        """Return ``(n, n_coalitions, n_targets)`` for at most `n_rows` points ``(n, n_columns)``."""
        import tensorflow as tf

        rows = tf.constant(filled_up(points, self.n_rows))
        parts = [
            self._evaluate(rows, self._known(which), self._background).numpy()[:, : which.stop - which.start]
            for which in steps(len(self._members), self._n_coalitions)
        ]
        worths: Floats = np.concatenate(parts, axis=1)[: len(points)]
        return worths

    def _known(self, which: slice) -> Any:
        import tensorflow as tf

        return tf.constant(filled_up(self._members[which], self._n_coalitions))


def _mean_over_background(function: Function) -> Callable[..., Any]:
    import tensorflow as tf

    def evaluate(rows: Any, known: Any, background: Any) -> Any:
        # rows (n, 1, 1, columns), known (1, m, 1, columns), background (1, 1, b, columns)
        mixed = tf.where(known[None, :, None], rows[:, None, None], background[None, None])
        values = function(tf.reshape(mixed, (-1, mixed.shape[-1])))
        return tf.reduce_mean(tf.reshape(values, (*mixed.shape[:3], -1)), axis=2)

    return evaluate
