"""Shapley values: each player's mean gain over all orders in which players can become known."""

from __future__ import annotations

from nbreg.explanation.enumeration import enumerated
from nbreg.explanation.explained import Explained
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.random_orders import in_random_orders

#: With so many players or fewer all coalitions can be asked for.
ENUMERATED_UP_TO = 12
#: What a quick explanation may cost, in evaluations of a small network (some ten million a second).
AFFORDABLE = 30_000_000
#: Sampling may cost less: beyond a few rounds the next one adds little.
AFFORDABLE_SAMPLING = 10_000_000
#: With two random orders a background row there is something to compare; more than 16 hardly help.
LEAST_ROUNDS, MOST_ROUNDS = 2, 16


@METHODS.register("shapley")
class Shapley(Method):
    """Shapley values (Shapley 1953; Lundberg & Lee 2017) of the interventional game.

    A player that is not known has the values of a background row; the worth of a coalition is the mean over these.
    Up to 12 players all coalitions are enumerated, which is exact; beyond, or where rounds are asked for, each
    background row has random orders of its own, each walked forwards and backwards (Mitchell et al. 2022), which is
    unbiased and comes with standard errors.
    """

    needs_gradient = False
    mixes_rows = True

    def attribute(self, task: Task) -> Attribution:
        n_players = len(task.explained.players)
        if n_players == 1 or (n_players <= ENUMERATED_UP_TO and task.rounds is None and task.effort.budget is None):
            return enumerated(task)
        return in_random_orders(task, self._rounds(task))

    def _rounds(self, task: Task) -> int:
        """Return how often each background row draws an order: with a budget, until it is spent."""
        if task.rounds is not None:
            return task.rounds
        if task.effort.budget is not None:
            return 1_000
        return affordable_rounds(task.explained, len(task.points), len(task.background))


def affordable_rounds(explained: Explained, n_rows: int, n_background: int) -> int:
    """Return how many random orders for each background row a quick explanation can walk."""
    return max(
        LEAST_ROUNDS, min(MOST_ROUNDS, int(AFFORDABLE_SAMPLING / sampling_cost(explained, n_rows, n_background, 1)))
    )


def enumeration_cost(explained: Explained, n_rows: int, n_background: int) -> float:
    """Return what enumerating all coalitions costs, in evaluations of a small network."""
    return explained.cost * n_rows * n_background * 2.0 ** len(explained.players)


def sampling_cost(explained: Explained, n_rows: int, n_background: int, rounds: int) -> float:
    """Return what walking so many random orders costs, in evaluations of a small network."""
    return explained.cost * n_rows * n_background * 2.0 * max(1, len(explained.players) - 1) * rounds
