"""How far an explanation is to be trusted: one check a file, each registers itself in `CHECKS`."""

from __future__ import annotations

from nbreg.errors import NbregError
from nbreg.explanation.checks.check import CHECKS, Checked, checked, not_measured
from nbreg.explanation.checks.trial import Trial, trial_of
from nbreg.explanation.effort import Effort
from nbreg.explanation.method import Attribution, Task


def checks_of(task: Task, method: str, found: Attribution) -> tuple[Checked, ...]:
    """Put an explanation to all tests, on a few of its rows; deterministic by the task's seed.

    After an interrupt, or once the tests have taken as long as the budget of the explanation, the ones left say so.
    """
    trial, effort = trial_of(task, method, found), Effort(task.effort.budget)
    names = sorted(CHECKS, key=lambda name: CHECKS[name].place)
    return tuple(_one(name, trial, task.effort, effort) for name in names)


def _one(name: str, trial: Trial, of_explaining: Effort, effort: Effort) -> Checked:
    if of_explaining.was_interrupted:
        return not_measured(name, "interrupted")
    if effort.is_over:
        return not_measured(name, f"the budget of {effort.budget:g} s is spent")
    try:
        return checked(name, trial)
    except NbregError as error:
        return not_measured(name, str(error))
