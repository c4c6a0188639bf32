"""The session's runs as the train panel shows them: a list to go on from, and curves behind the present one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import counted
from nbreg.panels.curve import curves_of
from nbreg.panels.train_task import Task

if TYPE_CHECKING:
    from nbreg.record import Training
    from nbreg.training.run import Run

#: So many runs, the latest ones, are drawn behind the present one unless others are chosen.
EARLIER = 5
#: Most rows of an earlier run's curve.
MOST_ROWS = 500


def alike(trainings: Sequence[Training], task: Task) -> list[Training]:
    """Return the runs of a task: a forecast and a fit have no curves to compare, and neither goes on from the other."""
    return [each for each in trainings if each.estimator is task.estimator]


def listed(trainings: Sequence[Training], task: Task) -> list[dict[str, Any]]:
    """Return the runs that can be gone on from, the latest first, as plain data; a forecast begins anew."""
    ended = [each for each in alike(trainings, task) if each.run.ended and each.run.history]
    return [] if task.of_series else [_line(each) for each in reversed(ended)]


def earlier(
    trainings: Sequence[Training], present: Run | None, chosen: Sequence[int] | None
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return what is drawn behind the `present` run, as `curves_of` tells it.

    `chosen` are numbers of runs; None: the latest ones.
    """
    others = [each for each in trainings if each.run is not present and each.run.history]
    shown = others[-EARLIER:] if chosen is None else [each for each in others if each.number in chosen]
    return curves_of(shown, MOST_ROWS)


def _line(training: Training) -> dict[str, Any]:
    run = training.run
    return {
        "number": training.number,
        "name": training.name,
        "words": f"{counted(len(run.history), 'epoch')}, {run.status}",
        "best_epoch": run.best.epoch if run.best else None,
        "epochs": len(run.history),
        "status": run.status,
    }
