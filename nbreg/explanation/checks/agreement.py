"""Agreement: whether another method says the same."""

from __future__ import annotations

import numpy as np

from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.rank_correlation import (
    importances,
    in_words,
    mean_of_known,
    rank_correlations,
    too_few_to_rank,
)
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Floats
from nbreg.explanation.method import METHODS

GOOD_FROM = 0.8


@CHECKS.register("agreement")
class Agreement(Check):
    """Spearman's correlation of the importances by another method, and the correlation of single values.

    Shapley values are compared with expected gradients, all other methods with Shapley values, on the same rows and
    background (Krishna et al. 2022 on why methods may disagree).
    """

    title = "Agreement"
    reading = (
        "Rank correlation of the importances with those by another method. Good: 0.8 and more, both tell the same "
        "story; bad: below: what is told hangs on the method, so look at more than one."
    )
    place = 6

    def refusal(self, trial: Trial) -> str | None:
        name, explained = _other(trial.method), trial.task.explained
        if name not in list(METHODS):
            return f"there is no {name} to compare with"
        if METHODS[name].needs_gradient and not explained.has_gradient:
            return f"{name}, the method to compare with, needs gradients"
        return too_few_to_rank(trial) or METHODS[name]().refusal(explained)

    def measure(self, trial: Trial) -> Measured | None:
        name = _other(trial.method)
        other = trial.anew(method=name)
        value = mean_of_known(rank_correlations(importances(trial.again), importances(other)))
        words = f"{in_words(value)} with {name}"
        if trial.is_additive:
            words += f" (single values: {in_words(_correlation(trial.again, other))})"
        return Measured(value, words, value >= GOOD_FROM)


def _other(method: str) -> str:
    return "expected_gradients" if method == "shapley" else "shapley"


def _correlation(one: Floats, other: Floats) -> float:
    """Return Pearson's correlation of all values of a target, the mean over targets."""
    a, b = (each - each.mean(axis=(0, 1)) for each in (one, other))
    scale = np.sqrt((a**2).sum(axis=(0, 1)) * (b**2).sum(axis=(0, 1)))
    product = (a * b).sum(axis=(0, 1))
    return mean_of_known(np.divide(product, scale, out=np.full(product.shape, np.nan), where=scale > 0))
