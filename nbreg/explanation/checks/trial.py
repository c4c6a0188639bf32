"""An explanation on trial: few of its rows, and the means to explain them anew under other circumstances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from nbreg.explanation.effort import Effort
from nbreg.explanation.explained import Floats, Points
from nbreg.explanation.material import drawn
from nbreg.explanation.method import METHODS, Attribution, Task

#: Explaining anew may cost so many evaluations of a small network each time.
AFFORDABLE = 1_000_000
#: At most so many rows, and so many background rows, are explained anew; at least so many of each.
MOST, FEWEST = 50, 5
#: Background rows that predictions of rows with unknown features are the mean over.
MOST_BACKGROUND = 100
#: Random orders for each background row when Shapley values are sampled anew.
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Trial:
    """Some of the rows explained, in `task`, by `method`, with what was `found` for them
    ``(n_rows, n_players, n_targets)``."""

    task: Task
    method: str
    found: Floats

    @property
    def is_additive(self) -> bool:
        """Whether its attributions are to add up to differences of predictions."""
        return METHODS[self.method].kind == "additive"

    @cached_property
    def halves(self) -> tuple[Points, Points]:
        """Two parts of the background, equally many rows in each; the same rows where there is only one."""
        background = self.task.background
        size = min(_side(self.task), max(1, len(background) // 2))
        return background[:size], background[-size:]

    @cached_property
    def again(self) -> Floats:
        """The attributions on the first half of the background; what the others of `anew` are compared with."""
        return self.anew()

    def anew(self, method: str | None = None, **changes: Any) -> Floats:
        """Return the attributions ``(n_rows, n_players, n_targets)`` of the task with `changes`, such as other points.

        Where nothing else is said the background is the first half. The same seed draws the same random orders, so
        that what differs is due to the changes.
        """
        name = method or self.method
        rounds = ROUNDS if name == "shapley" else self.task.rounds
        task = replace(self.task, **{"background": self.halves[0], "rounds": rounds, "effort": Effort(), **changes})
        return METHODS[name]().attribute(task).values


def trial_of(task: Task, method: str, found: Attribution) -> Trial:
    """Return a trial on at most 50 of the rows that were explained, drawn by the task's seed."""
    rows = drawn(len(found.values), _side(task), task.seed)
    background = task.background[drawn(len(task.background), MOST_BACKGROUND, task.seed)]
    # In the order drawn background rows come as in the table; a shuffle makes its halves alike.
    background = np.random.default_rng(task.seed).permutation(background)
    observed = None if task.observed is None else task.observed[rows]
    few = replace(task, points=task.points[rows], background=background, observed=observed)
    return Trial(few, method, found.values[rows])


def _side(task: Task) -> int:
    """Return how many rows, and as many background rows, Shapley values can be sampled for at once."""
    a_pair = task.explained.cost * 2 * ROUNDS * len(task.explained.players)
    return int(np.clip(np.sqrt(AFFORDABLE / a_pair), FEWEST, MOST))
