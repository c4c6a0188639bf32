"""Deletion: the features said to matter are taken away first."""

from __future__ import annotations

from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.deletion_curve import areas
from nbreg.explanation.checks.trial import Trial


def too_few_to_order(trial: Trial) -> str | None:
    """Return why features cannot be put in order, or None."""
    return "there is only one feature to put in order" if trial.found.shape[1] < 2 else None


@CHECKS.register("deletion")
class Deletion(Check):
    """Area under the deletion curve (Samek et al. 2017; Petsiuk et al. 2018) of ``|f(x) - f(x masked)|``.

    Features take the values of background rows, in the order of their absolute attributions, the largest first; the
    area is a share of the distance reached where none is known.
    """

    title = "Deletion"
    reading = (
        "How far predictions move while features are taken away, the most important first. Good: clearly larger than "
        "with random orders; bad: no larger."
    )
    place = 1

    def refusal(self, trial: Trial) -> str | None:
        return too_few_to_order(trial)

    def measure(self, trial: Trial) -> Measured | None:
        found = areas(trial, deleting=True)
        return found and Measured(float(found.of_attributions.mean()), found.text(), found.is_gain(1))
