"""``nbreg.interactions``: which features act together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError
from nbreg.evaluation.wording import counted
from nbreg.explanation.effects.friedman_h import h_squared
from nbreg.explanation.effects.interaction_values import interaction_values
from nbreg.explanation.effects.interactions import Interactions
from nbreg.explanation.effects.spec import InteractionsSpec
from nbreg.explanation.effort import underway
from nbreg.explanation.enumeration import Worths, coalitions
from nbreg.explanation.explain import number_or_table, subject_and_material, task_of
from nbreg.explanation.explained import Floats
from nbreg.explanation.material import Material
from nbreg.explanation.method import Task
from nbreg.explanation.methods.shapley import ENUMERATED_UP_TO
from nbreg.explanation.spec import ExplanationSpec
from nbreg.explanation.steps import steps
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor


def interactions(
    regressor: Regressor | Callable[[Any], Any], data: Any = None, *, background: Any = None, **options: Any
) -> Interactions:
    """Say which features act together, and how much.

    For each pair Friedman and Popescu's (2008) H squared; up to 12 features also the exact Shapley interaction values
    of each row. What costs is ``n_rows * n_background`` evaluations for each coalition: all of them up to 12 features,
    beyond about as many as there are pairs.

    Parameters
    ----------
    regressor : Regressor, or any function from a table to predictions ``(n_rows[, n_targets])``
    data : table, optional
        The rows to look at; those that the fit held back to test, if left out.
    background : int or table, optional
        Rows whose values stand for a feature that is not known: a number of train rows, or rows of your own.
    **options
        rows, target, group, budget, seed.

    Returns
    -------
    Interactions
        The interrupt key ends it early, with the rows done by then.

    Raises
    ------
    NbregError
        Where a target or an option is unknown, rows do not fit, or there is but one feature.
    """
    spec, table = _choices(background, options)
    explaining = ExplanationSpec(**{name: getattr(spec, name) for name in InteractionsSpec.options()})
    explained, material = subject_and_material(regressor, data, explaining, table)
    if len(explained.players) < 2:
        raise DataError(f'"{explained.players.names[0]}" is the only feature: it has nothing to act together with.')
    with underway("Looking for interactions", spec.budget) as effort:
        return _found(task_of(explained, material, explaining, effort), material)


def _choices(background: Any, options: dict[str, Any]) -> tuple[InteractionsSpec, Any]:
    refuse_unknown(options, InteractionsSpec.options())
    number, table = number_or_table(background)
    return InteractionsSpec(**number, **options), table


def _found(task: Task, material: Material) -> Interactions:
    n_players = len(task.explained.players)
    is_exact = n_players <= ENUMERATED_UP_TO
    members = coalitions(n_players) if is_exact else _needed(n_players)
    worths = _worths(task, members)
    n_done, one = len(worths), len(task.explained.target_names) == 1
    predictions = task.explained.predict(task.points[:n_done])
    parts = _pairs(worths, members, predictions)
    values = _beyond_rounding(interaction_values(worths), predictions) if is_exact else None
    base_values = task.explained.predict(task.background).mean(axis=0)
    h, sizes, total, base_values = (part[..., 0] if one else part for part in (*parts, base_values))
    return Interactions(
        h_squared=h,
        sizes=sizes,
        total_h_squared=total,
        values=values[..., 0] if one and values is not None else values,
        base_values=base_values,
        feature_names=task.explained.players.names,
        target_names=task.explained.target_names,
        rows=material.rows[:n_done],
        n_background=len(task.background),
        notices=(
            *_unfinished(task, n_done),
            *material.said,
            *(() if is_exact else (_only_h(n_players),)),
        ),
    )


def _beyond_rounding(values: Floats, predictions: Floats) -> Floats:
    """Return values, zero where they are no more than the rounding of sums of predictions in float64."""
    return np.where(np.abs(values) > 1e-13 * np.abs(predictions).max(axis=0), values, 0.0)


def _needed(n_players: int) -> NDArray[np.bool_]:
    """Return the coalitions that H takes: each player alone, each pair, and all others without each player."""
    alone = np.eye(n_players, dtype=bool)
    first, second = np.triu_indices(n_players, k=1)
    return np.vstack([alone, alone[first] | alone[second], ~alone])


def _worths(task: Task, members: NDArray[np.bool_]) -> Floats:
    """Return ``(n_done, n_coalitions, n_targets)``."""
    worths = Worths(task.explained, task.background, len(task.points), members)
    parts = [worths.of(task.points[rows]) for rows in task.effort.each(list(steps(len(task.points), worths.n_rows)))]
    return np.concatenate(parts)


def _pairs(worths: Floats, members: NDArray[np.bool_], predictions: Floats) -> tuple[Floats, Floats, Floats]:
    """Return H squared and size of each pair, and H squared of each player with all others."""
    n_players, n_targets = members.shape[1], worths.shape[2]
    place = {coalition.tobytes(): i for i, coalition in enumerate(members)}
    alone = np.eye(n_players, dtype=bool)

    def worth(coalition: NDArray[np.bool_]) -> Floats:
        found: Floats = worths[:, place[coalition.tobytes()]]
        return found

    shares, sizes = (np.full((n_players, n_players, n_targets), np.nan) for _ in range(2))
    for j, k in zip(*np.triu_indices(n_players, k=1), strict=True):
        each = worth(alone[j]), worth(alone[k])
        share, size = h_squared(each, worth(alone[j] | alone[k]), predictions)
        shares[j, k] = shares[k, j] = share
        sizes[j, k] = sizes[k, j] = size
    totals = [h_squared((worth(one), worth(~one)), predictions, predictions)[0] for one in alone]
    return shares, sizes, np.array(totals)


def _only_h(n_players: int) -> str:
    return f"With {n_players} features there is H² alone: Shapley interaction values take {ENUMERATED_UP_TO} at most."


def _unfinished(task: Task, n_done: int) -> tuple[str, ...]:
    if n_done == len(task.points):
        return ()
    why = "Interrupted" if task.effort.was_interrupted else f"Stopped after {task.effort.budget:g} s, the budget"
    too_few = "; H² takes two at least" if n_done < 2 else ""
    return (f"{why}: {n_done:,} of {counted(len(task.points), 'row')} are looked at{too_few}.",)
