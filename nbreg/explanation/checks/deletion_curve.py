"""How far predictions move while features are taken away, or become known, one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import of_one
from nbreg.explanation.checks.masking import masked_predictions, resolution
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Floats

#: Steps of a curve at most, random orders beside it, background rows that masked predictions are the mean over.
MOST_STEPS, RANDOM_ORDERS, BACKGROUND = 20, 5, 20

Order = NDArray[np.intp]


class Areas(NamedTuple):
    """Areas under the curves of each row, for the attributions' order and for random ones: ``(n_rows,)`` each.

    1 is the mean distance of the predictions from what is predicted where nothing is known; for several targets it is
    the mean of theirs.
    """

    of_attributions: Floats
    of_random: Floats

    def text(self) -> str:
        """Return both areas, the random orders' in brackets."""
        return f"{of_one(self.of_attributions.mean())} (random orders: {of_one(self.of_random.mean())})"

    def is_gain(self, sign: int) -> bool:
        """Return whether the first area is larger (`sign` 1) or smaller (-1), by more than two standard errors."""
        gains = sign * (self.of_attributions - self.of_random)
        error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
        return bool(gains.mean() > 2 * error)


def areas(trial: Trial, deleting: bool) -> Areas | None:
    """Return the areas under ``|f(x) - f(x masked)|``, from nothing to everything deleted, or inserted.

    None where predictions do not hang on what is known.
    """
    rng = np.random.default_rng(trial.task.seed)
    n_rows, n_players, n_targets = trial.found.shape
    # Chance breaks ties: players that get nothing are in no order.
    shuffled = [rng.random((n_rows, n_players)).argsort(axis=1) for _ in range(RANDOM_ORDERS + 1)]
    predictions = trial.task.explained.predict(trial.task.points)
    found = []
    for target in range(n_targets):
        sizes = np.take_along_axis(np.abs(trial.found[:, :, target]), shuffled[0], axis=1)
        by_size = np.take_along_axis(shuffled[0], np.argsort(-sizes, axis=1, kind="stable"), axis=1)
        distances = _distances(trial, predictions, [by_size, *shuffled[1:]], deleting, target)
        if distances is not None:
            found.append(distances)
    if not found:
        return None
    each = np.mean(found, axis=0)  # (n_orders, n_rows)
    return Areas(each[0], each[1:].mean(axis=0))


def _distances(trial: Trial, predictions: Floats, orders: list[Order], deleting: bool, target: int) -> Floats | None:
    """Return the areas ``(n_orders, n_rows)`` for one target."""
    n_rows, n_players = orders[0].shape
    taken = np.unique(np.linspace(0, n_players, min(n_players, MOST_STEPS) + 1).round().astype(int))
    # rank (n_rows, n_players) of each player; touched are the first ones of the order.
    ranks = np.stack([order.argsort(axis=1) for order in orders], axis=1)
    touched = ranks[:, :, None, :] < taken[:, None]  # (n_rows, n_orders, n_steps, n_players)
    known = (~touched if deleting else touched).reshape(n_rows, -1, n_players)
    task = trial.task
    masked = masked_predictions(task.explained, task.points, task.background[:BACKGROUND], known)[..., target]
    distance = np.abs(predictions[:, None, target] - masked).reshape(n_rows, len(orders), len(taken))
    scale = distance[:, 0, -1 if deleting else 0].mean()  # where nothing is known
    if scale <= resolution(predictions)[target]:
        return None
    widths = np.diff(taken) / n_players
    area: Floats = ((distance[:, :, 1:] + distance[:, :, :-1]) / 2 * widths).sum(axis=2) / scale
    return area.transpose()
