"""Stability: whether other background rows and other random draws give the same picture."""

from __future__ import annotations

import numpy as np

from nbreg.evaluation.wording import per_cent
from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.rank_correlation import (
    importances,
    in_words,
    mean_of_known,
    rank_correlations,
    too_few_to_rank,
)
from nbreg.explanation.checks.trial import Trial

#: Halves of fewer background rows say nothing about the whole.
FEWEST_BACKGROUND = 4
GOOD_BELOW = 0.2


@CHECKS.register("seed_stability")
class SeedStability(Check):
    """How far importances differ between two halves of the background rows, with random draws of their own.

    ``sum |I1 - I2| / sum (I1 + I2) / 2``, from 0 to 2, and Spearman's correlation of both. The whole background is
    steadier: the standard error of importances is about half of this difference.
    """

    title = "Stability"
    reading = (
        "Difference of importances between two halves of the background rows, with other random draws. Good: below "
        "20 %, and the same order; bad: above: then take more background rows or rounds."
    )
    place = 5

    def refusal(self, trial: Trial) -> str | None:
        few = len(trial.task.background) < FEWEST_BACKGROUND
        return f"fewer than {FEWEST_BACKGROUND} background rows to halve" if few else None

    def measure(self, trial: Trial) -> Measured | None:
        other = trial.anew(background=trial.halves[1], seed=trial.task.seed + 1)
        one, two = importances(trial.again), importances(other)
        sizes = (one + two).sum(axis=0) / 2  # (n_targets,)
        if not (sizes > 0).any():
            return None
        value = float((np.abs(one - two).sum(axis=0)[sizes > 0] / sizes[sizes > 0]).mean())
        words = ""
        if not too_few_to_rank(trial):
            words = f" (rank correlation {in_words(mean_of_known(rank_correlations(one, two)))})"
        return Measured(value, per_cent(value) + words, value < GOOD_BELOW)
