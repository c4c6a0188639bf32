"""What an honest report adds in words: overfitting, stronger baselines, metrics without a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.wording import rounded

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
    """Return a line for each baseline and target where the baseline's RMSE is smaller by 2 % or more."""
    lines = []
    for target in network.targets:
        own = network.value("rmse", target)
        for name, evaluations in baselines.items():
            other = evaluations[which].value("rmse", target)
            if own is not None and other is not None and other < (1 - BETTER_BY) * own:
                subject = {"mean": "The mean", "ridge": "Ridge regression"}.get(name, name.capitalize())
                verb = "predict" if name.endswith("s") else "predicts"
                lines.append(
                    f"{subject} {verb} {target} better than this network on {which} rows: "
                    f"RMSE {rounded(other)} against {rounded(own)}."
                )
    return lines


def undefined_metrics(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Return a line for each row set, target and reason for which metrics have no value."""
    return [f"On {which} rows, {line}." for which, found in evaluations.items() for line in found.not_defined()]


def _standard_error(values: Any) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
