"""Insertion: the features said to matter become known first."""

from __future__ import annotations

from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.deletion import too_few_to_order
from nbreg.explanation.checks.deletion_curve import areas
from nbreg.explanation.checks.trial import Trial


@CHECKS.register("insertion")
class Insertion(Check):
    """Area under the insertion curve (Petsiuk et al. 2018) of ``|f(x) - f(x masked)|``.

    From background rows, features take the row's values in the order of their absolute attributions, the largest
    first; the area is a share of the distance at the start.
    """

    title = "Insertion"
    reading = (
        "How far predictions stay from their end while features become known, the most important first. Good: clearly "
        "smaller than with random orders; bad: no smaller."
    )
    place = 2

    def refusal(self, trial: Trial) -> str | None:
        return too_few_to_order(trial)

    def measure(self, trial: Trial) -> Measured | None:
        found = areas(trial, deleting=False)
        return found and Measured(float(found.of_attributions.mean()), found.text(), found.is_gain(-1))
