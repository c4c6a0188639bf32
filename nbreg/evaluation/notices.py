"""What an honest report adds in words: overfitting, stronger baselines, metrics without a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.wording import listed, rounded

#: Held-out errors this many times those on train rows are worth a word ...
OVERFITTING_RATIO = 1.3
#: ... where they are also this many standard errors apart, which chance hardly gives.
OVERFITTING_DEVIATIONS = 3.0
#: A baseline is called better where its RMSE is smaller by this share.
BETTER_BY = 0.02


def overfitting(target: str, train_errors: Any, held_out_errors: Any, which: str) -> list[str]:
    """Return a line where absolute errors ``(n_rows,)`` on held-out rows are clearly larger than on train rows.

    Clearly: the mean is 1.3 times as large or more, and the difference 3 standard errors or more (Welch 1947:
    the two samples have variances of their own).
    """
    if min(len(train_errors), len(held_out_errors)) < 2:
        return []
    train, held_out = float(np.mean(train_errors)), float(np.mean(held_out_errors))
    deviation = np.hypot(_standard_error(train_errors), _standard_error(held_out_errors))
    beyond_chance = held_out - train > OVERFITTING_DEVIATIONS * deviation
    if not (np.isfinite(held_out) and beyond_chance and held_out > OVERFITTING_RATIO * train):
        return []
    ratio = f", {rounded(held_out / train)} times as much" if train > 0 else ""
    return [
        f"Overfitting: the MAE of {target} is {rounded(train)} on train rows and {rounded(held_out)} on {which} rows"
        f"{ratio}."
    ]


def stronger_baselines(network: Evaluation, baselines: Mapping[str, Mapping[str, Evaluation]], which: str) -> list[str]:
    """Return a line for each baseline whose RMSE is, on any target, smaller by 2 % or more."""
    lines = []
    for name, evaluations in baselines.items():
        pairs = {
            target: (evaluations[which].value("rmse", target), network.value("rmse", target))
            for target in network.targets
        }
        better = {target: (other, own) for target, (other, own) in pairs.items() if _is_better(other, own)}
        if better:
            subject = {"mean": "The mean", "ridge": "Ridge regression"}.get(name, name.capitalize())
            verb = "predict" if name.endswith("s") else "predicts"
            figures = [f"{rounded(other)} against {rounded(own)}" for other, own in better.values()]
            lines.append(
                f"{subject} {verb} {listed(list(better))} better than this network on {which} rows: "
                f"RMSE {', '.join(figures)}."
            )
    return lines


def undefined_metrics(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Return a line for each row set, target and reason for which metrics have no value."""
    return [f"On {which} rows, {line}." for which, found in evaluations.items() for line in found.not_defined()]


def _is_better(other: float | None, own: float | None) -> bool:
    return own is not None and other is not None and other < (1 - BETTER_BY) * own


def _standard_error(values: Any) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
