"""Infidelity: whether the attributions of some features add up to what the prediction loses without them."""

from __future__ import annotations

import numpy as np

from nbreg.evaluation.wording import of_one, rounded
from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.masking import masked_predictions, resolution
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Floats

#: Random subsets for each row.
SUBSETS = 30
#: Attributions that leave less than this unexplained are trusted.
GOOD_BELOW = 0.25


@CHECKS.register("infidelity")
class Infidelity(Check):
    """Infidelity (Yeh et al. 2019) of random subsets of features, as a share of what there is to explain.

    ``var_I(sum_I phi - loss_I) / var_I(loss_I)``, where ``loss_I = f(x) - f(x without I)`` is the mean over the
    background rows that the method had, not that of single ones, which would add their own differences, and I holds
    each feature by the flip of a coin. Variances are taken within rows and pooled over them, so that no attributions
    at all have an infidelity of 1; what is missed for all subsets alike does not count.
    """

    title = "Infidelity"
    reading = (
        "Share of the changes in predictions without random sets of features that their attributions do not account "
        "for. Good: near 0; bad: near 1, no better than no attributions at all, or above."
    )
    place = 3

    def refusal(self, trial: Trial) -> str | None:
        return None if trial.is_additive else "the method gives sizes, which do not add up"

    def measure(self, trial: Trial) -> Measured | None:
        predictions = trial.task.explained.predict(trial.task.points)
        said, lost = _of_subsets(trial, predictions)
        missed, there = _variance_within_rows(said - lost), _variance_within_rows(lost)
        differs = there > resolution(predictions) ** 2
        if not differs.any():
            return None
        value = float((missed[differs] / there[differs]).mean())
        return Measured(value, of_one(value) if value < 10 else rounded(value), value < GOOD_BELOW)


def _of_subsets(trial: Trial, predictions: Floats) -> tuple[Floats, Floats]:
    """Return what random subsets are said to add, and what predictions lose without them, ``(n_rows, n_subsets,
    n_targets)`` each."""
    task = trial.task
    n_rows, n_players, _ = trial.found.shape
    members = np.random.default_rng(task.seed).random((n_rows, SUBSETS, n_players)) < 0.5
    said = np.einsum("nsp,npt->nst", members, trial.found)
    masked = masked_predictions(task.explained, task.points, task.background, ~members)
    return said, predictions[:, None] - masked


def _variance_within_rows(values: Floats) -> Floats:
    """Return ``(n_targets,)``."""
    variance: Floats = values.var(axis=1).mean(axis=0)
    return variance
