"""Shapley values from random orders: unbiased, with standard errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import counted
from nbreg.explanation.explained import Floats, Function
from nbreg.explanation.method import Attribution, Task
from nbreg.explanation.steps import filled_up, steps


def in_random_orders(task: Task, rounds: int) -> Attribution:
    """Return Shapley values from `rounds` random orders for each pair of a row and a background row.

    Each order is walked from the background row to the row and, reversed, back again (antithetic sampling). The
    orders are drawn anew for each pair, so that what chance adds to a row's values averages out over background rows,
    and to importances over rows.
    """
    walks = _Walks(task, rounds)
    sums = _Sums(task.shape)
    # Rounds go in twos: how much two orders of one pair differ is what chance adds.
    for number, rows in task.effort.each([(i, rows) for i in range(0, rounds, 2) for rows in walks.slices]):
        gains = [walks.gains(rows, order) for order in range(number, min(number + 2, rounds))]
        sums.add(rows, gains)
    n_rounds = sums.rounds[0]
    words = f"{counted(n_rounds, 'random order')}, each forwards and backwards, for each background row"
    values, errors = sums.values(), sums.standard_errors(walks.resolution)
    return Attribution(values, walks.of_background.mean(axis=0), errors, words)


class _Walks:
    """Walks from background rows to rows, one player after the other."""

    def __init__(self, task: Task, rounds: int):
        self._task = task
        players, n_background = task.explained.players, len(task.background)
        self._n_steps = len(players) - 1
        per_pair = 2 * self._n_steps
        rows_a_step = task.explained.rows_a_step
        n_parts = -(-n_background * per_pair // rows_a_step)
        self._n_background = -(-n_background // n_parts)
        self._n_rows = max(1, rows_a_step // (self._n_background * per_pair))
        n_evaluations = len(task.points) * n_background * per_pair * rounds
        key = "walks"
        self._walk = task.explained.compiled(key, _gains_of_walks(players.owner), n_evaluations)
        self.of_rows = task.explained.predict(task.points)
        self.of_background = task.explained.predict(task.background)
        self.slices = list(steps(len(task.points), self._n_rows))

    @property
    def resolution(self) -> Floats:
        """What float32 leaves undecided, ``(n_targets,)``."""
        everything = np.concatenate([self.of_rows, self.of_background])
        spread: Floats = np.finfo(np.float32).eps * np.ptp(everything, axis=0)
        return spread

    def gains(self, rows: slice, order: int) -> Floats:
        """Return ``(n, n_background, n_players, n_targets)``: what each player gains on the way, there and back."""
        import tensorflow as tf

        points = tf.constant(filled_up(self._task.points[rows], self._n_rows))
        of_rows = tf.constant(filled_up(self.of_rows[rows], self._n_rows))
        parts = []
        for of, *background in self._backgrounds:
            ranks = tf.constant(self._ranks(rows.start, of.start, order))
            found = self._walk(points, of_rows, *background, ranks).numpy()
            parts.append(found[: rows.stop - rows.start, : of.stop - of.start])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    @cached_property
    def _backgrounds(self) -> list[tuple[slice, Any, Any]]:
        """The parts of the background that a step has room for: their places, points and predictions."""
        import tensorflow as tf

        def part(array: NDArray[Any], of: slice) -> Any:
            return tf.constant(filled_up(array[of], self._n_background))

        places = steps(len(self._task.background), self._n_background)
        return [(of, part(self._task.background, of), part(self.of_background, of)) for of in places]

    def _ranks(self, *place: int) -> NDArray[np.int32]:
        """Return random orders ``(n_rows, n_background, n_players)``: the position of each player in each."""
        rng = np.random.default_rng((self._task.seed, *place))
        drawn = rng.random((self._n_rows, self._n_background, self._n_steps + 1), dtype=np.float32)
        return drawn.argsort(axis=-1).astype(np.int32)


def _gains_of_walks(owner: NDArray[np.int32]) -> Callable[[Function], Callable[..., Any]]:
    """Return what makes a step of the computation; `owner` ``(n_columns,)`` is the player of each column."""

    def make(function: Function) -> Callable[..., Any]:
        import tensorflow as tf

        def walk(rows: Any, of_rows: Any, background: Any, of_background: Any, ranks: Any) -> Any:
            n, b, d = ranks.shape
            known = ranks[:, :, None, :] < tf.range(1, d)[None, None, :, None]  # (n, b, d - 1, d): after each step
            known = tf.gather(known, owner, axis=3)
            row, other = rows[:, None, None], background[None, :, None]
            there, back = tf.where(known, row, other), tf.where(known, other, row)
            values = function(tf.reshape(tf.stack([there, back]), (-1, rows.shape[-1])))
            values = tf.reshape(values, (2, n, b, d - 1, -1))
            full = tf.broadcast_to(of_rows[:, None, None], (n, b, 1, values.shape[-1]))
            empty = tf.broadcast_to(of_background[None, :, None], (n, b, 1, values.shape[-1]))
            there = tf.concat([empty, values[0], full], axis=2)
            back = tf.concat([full, values[1], empty], axis=2)
            gains = (there[:, :, 1:] - there[:, :, :-1] + back[:, :, :-1] - back[:, :, 1:]) / 2  # by position
            return tf.gather(gains, ranks, axis=2, batch_dims=2)

        return walk

    return make


#: So many draws is the variance of all rows worth, beside that of a row's own.
_BORROWED = 30


class _Sums:
    """Means over rounds, and how far apart the two rounds of a pair are."""

    def __init__(self, shape: tuple[int, int, int]):
        self._total, self._variance = np.zeros(shape), np.zeros(shape)
        self.rounds = np.zeros(shape[0], int)
        self._pairs = np.zeros(shape[0], int)
        self._n_background = 1

    def add(self, rows: slice, gains: list[Floats]) -> None:
        """Add one round or two, each ``(n, n_background, n_players, n_targets)``."""
        self._n_background = n_background = gains[0].shape[1]
        self._total[rows] += sum(each.mean(axis=1) for each in gains)
        self.rounds[rows] += len(gains)
        if len(gains) == 2:
            self._variance[rows] += ((gains[0] - gains[1]) ** 2 / 2).sum(axis=1) / n_background**2
            self._pairs[rows] += 1
        elif not self._pairs[rows.start]:  # a lone round: what background rows differ by is more than chance
            self._variance[rows] += gains[0].var(axis=1, ddof=min(1, n_background - 1)) / n_background

    @property
    def _done(self) -> int:
        return int((self.rounds > 0).sum())

    def values(self) -> Floats:
        n = self._done
        values: Floats = self._total[:n] / self.rounds[:n, None, None]
        return values

    def standard_errors(self, resolution: Floats) -> Floats:
        """Return what chance has left open, at least `resolution`.

        A row's own variance, of few draws, may be small by chance; it is not taken for smaller than a mean of it and
        that of all rows, which counts as `_BORROWED` draws.
        """
        n = self._done
        own = self._variance[:n] / np.maximum(self._pairs[:n], 1)[:, None, None]
        n_draws = self._n_background * np.maximum(self._pairs[:n], 1)[:, None, None]
        shared = (n_draws * own + _BORROWED * own.mean(axis=0)) / (n_draws + _BORROWED)
        of_a_round = np.maximum(own, shared)
        errors: Floats = np.hypot(np.sqrt(of_a_round / self.rounds[:n, None, None]), resolution)
        return errors
