"""Max-sensitivity: whether attributions change when the row hardly does."""

from __future__ import annotations

import numpy as np

from nbreg.evaluation.wording import per_cent
from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Floats, Points
from nbreg.explanation.method import Task

#: Each number changes by at most so many of its standard deviations, so many times.
RADIUS, TIMES = 0.02, 4
GOOD_BELOW = 0.1


@CHECKS.register("max_sensitivity")
class MaxSensitivity(Check):
    """Max-sensitivity (Yeh et al. 2019): the largest of ``|phi(x + d) - phi(x)| / |phi(x)|`` over small changes d.

    Each column of numbers changes by up to 0.02 of its standard deviations; categories, flags and dates stay. The
    value is the median over rows.
    """

    title = "Max-sensitivity"
    reading = (
        "Largest relative change of a row's attributions when its numbers change by up to 2 % of their standard "
        "deviations. Good: a few per cent; bad: above 10 %, as then like rows get unlike explanations."
    )
    place = 4

    def refusal(self, trial: Trial) -> str | None:
        explained = trial.task.explained
        if not explained.has_gradient:
            return "a function's rows are taken as they are"
        return None if explained.number_columns else "there are no numbers to change a little"

    def measure(self, trial: Trial) -> Measured | None:
        sizes = np.linalg.norm(trial.again, axis=1)  # (n_rows, n_targets)
        if not (sizes > 0).any():
            return None
        moves = [trial.anew(points=points) - trial.again for points in nearby_points(trial.task)]
        largest = np.max([np.linalg.norm(move, axis=1) for move in moves], axis=0)
        value = float(np.median(largest[sizes > 0] / sizes[sizes > 0]))
        return Measured(value, per_cent(value), value < GOOD_BELOW)


def nearby_points(task: Task) -> list[Points]:
    """Return the points, with their numbers changed a little, several times: ``(n_rows, n_columns)`` each."""
    rng = np.random.default_rng(task.seed)
    columns = list(task.explained.number_columns)
    spread: Floats = np.concatenate([task.points, task.background])[:, columns].std(axis=0, dtype=np.float64)
    nearby = []
    for _ in range(TIMES):
        changed = task.points.copy()
        changed[:, columns] += RADIUS * spread * rng.uniform(-1, 1, (len(changed), len(columns)))
        nearby.append(changed)
    return nearby
