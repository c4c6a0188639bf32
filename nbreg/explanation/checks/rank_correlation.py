"""How alike two sets of attributions put features in order."""

from __future__ import annotations

import numpy as np

from nbreg.evaluation.wording import NOTHING
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Floats

#: Of fewer features the order says next to nothing.
FEWEST_PLAYERS = 3


def too_few_to_rank(trial: Trial) -> str | None:
    """Return why rank correlations say nothing, or None."""
    return f"fewer than {FEWEST_PLAYERS} features to rank" if trial.found.shape[1] < FEWEST_PLAYERS else None


def importances(values: Floats) -> Floats:
    """Return the mean absolute attributions ``(n_players, n_targets)`` of ``(n_rows, n_players, n_targets)``."""
    sizes: Floats = np.abs(values).mean(axis=0)
    return sizes


def rank_correlations(one: Floats, other: Floats) -> Floats:
    """Return Spearman's correlation along axis -2, the players, ``(..., n_players, n_targets) -> (..., n_targets)``.

    It is NaN where all players of one are equal.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(values, axis=-2) for values in (one, other)]
    a, b = (each - each.mean(axis=-2, keepdims=True) for each in ranks)
    scale = np.sqrt((a**2).sum(axis=-2) * (b**2).sum(axis=-2))
    product = (a * b).sum(axis=-2)
    found: Floats = np.divide(product, scale, out=np.full(product.shape, np.nan), where=scale > 0)
    return found


def mean_of_known(values: Floats) -> float:
    """Return the mean of what is not NaN; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def in_words(correlation: float) -> str:
    """Return two decimals, with a true minus sign; a dash where there is none."""
    if np.isnan(correlation):
        return NOTHING
    return f"{correlation:.2f}".replace("-0.00", "0.00").replace("-", "−")
