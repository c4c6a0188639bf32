"""Studies that were never trained: what came of each value on each fold is a formula."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nbreg.evaluation.evaluation import evaluate
from nbreg.panels.study import StudyPanel
from nbreg.search.outcome import Outcome
from nbreg.search.study import Study, drafted


def table(n: int = 200) -> pd.DataFrame:
    """A price that goes by area and rooms, a rent, and a text."""
    rng = np.random.default_rng(0)
    area, rooms = rng.uniform(30, 200, n), rng.integers(1, 7, n)
    price = 3000 * area + 20_000 * rooms + rng.normal(scale=20_000, size=n)
    city = rng.choice(["Bonn", "Köln", "Trier"], n)
    return pd.DataFrame({"area": area, "rooms": rooms, "city": city, "price": price, "rent": price / 300})


def made_up(
    factor: str | Sequence[str],
    miss: Callable[[int], float],
    *,
    values: Any = (),
    n_done: int | None = None,
    failed: Sequence[tuple[int, int]] = (),
    spread: float = 0.05,
    status: str = "",
    **options: Any,
) -> Study:
    """A study of the table's price in which a value at place `i` misses by about ``miss(i)`` standard deviations."""
    study, _ = drafted(factor, table(), **{"target": "price", **options}, values=values)
    course, noise = study.course, random.Random(0)
    course.begin()
    for fold in range(len(study.table.folds)):
        shift = noise.gauss(0, spread)
        for point in range(len(study.points)):
            if n_done is not None and len(study.outcomes) >= n_done:
                break
            study.outcomes[point, fold] = (
                Outcome(0.1, error="The loss was no finite number in epoch 3: try a smaller learning rate.")
                if (point, fold) in failed
                else _outcome(study, fold, miss(point) * (1 + shift + noise.gauss(0, spread / 4)), noise)
            )
            course.advance()
    if status == "stopped":
        course.request_stop()
    if status:
        course.end()
    return study


def staged(study: Study, **options: Any) -> StudyPanel:
    """A panel that shows a study as if it had run it."""
    factors = [factor.name for factor in study.factors]
    chosen = {"factor": factors[0], **({"second_factor": factors[1]} if len(factors) > 1 else {})}
    panel = StudyPanel(table(), **{"target": study.targets, **chosen, **options})
    panel._begin(study, panel._chosen.copy())
    return panel


def _outcome(study: Study, fold: int, miss: float, noise: random.Random) -> Outcome:
    rows = study.table.folds[fold].test
    observed = study.table.frame.to_native()[list(study.targets)].to_numpy()[rows].astype(float)
    draws = np.random.default_rng(noise.randrange(2**31)).normal(size=observed.shape)
    predicted = observed + miss * observed.std(axis=0) * draws
    evaluation = evaluate(observed, predicted, study.targets, observed.mean(axis=0))
    return Outcome(0.1, 160, len(rows), evaluation, predicted, 20, miss**2, miss**2, miss**2)
