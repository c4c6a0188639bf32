"""``nbreg.explain``: from rows to an explanation of their predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nbreg.data.dataset import observed_targets
from nbreg.data.frames import as_frame
from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import counted
from nbreg.explanation.any_predictor import AnyPredictor
from nbreg.explanation.cautions import cautions
from nbreg.explanation.checks import checks_of
from nbreg.explanation.choice import chosen_method
from nbreg.explanation.effort import Effort, underway
from nbreg.explanation.explained import Explained, Floats, Points
from nbreg.explanation.explanation import Explanation
from nbreg.explanation.material import Material, chosen_targets, drawn, material_of, with_observed
from nbreg.explanation.method import METHODS, Attribution, Task
from nbreg.explanation.network import ExplainedNetwork
from nbreg.explanation.spec import ExplanationSpec
from nbreg.options import refuse_unknown
from nbreg.regressor import Regressor


def explain(
    regressor: Regressor | Callable[[Any], Any],
    data: Any = None,
    method: str = "auto",
    *,
    background: Any = None,
    **options: Any,
) -> Explanation:
    """Say what each feature adds to each prediction, in target units.

    Parameters
    ----------
    regressor : Regressor, or any function from a table to predictions ``(n_rows[, n_targets])``
        A function can be explained by the methods that need no gradients; `target` then names the column of `data`
        that it predicts: no feature, and what permutation importance compares with.
    data : table, optional
        The rows to explain; those that the fit held back to test, if left out.
    method : str
        ``shapley``, ``deep_shap``, ...; ``auto`` chooses by what the network and the number of rows allow.
    background : int or table, optional
        Rows whose values stand for a feature that is not known: a number of train rows, or rows of your own.
    **options
        As the flags of ``%nnreg explain``: rows, rounds, target, group, budget, check, seed.

    Returns
    -------
    Explanation
        The interrupt key ends it early, with what is done by then.

    Raises
    ------
    NbregError
        Where a method, feature or target is unknown, or rows are not such as the network was trained on.
    """
    spec, table = explanation_choices(method, background, options)
    explained, material = subject_and_material(regressor, data, spec, table)
    explanation = explanation_of(explained, material, spec)
    if isinstance(regressor, Regressor):
        regressor.explanation_ = explanation
    return explanation


def explanation_choices(method: str, background: Any, options: Mapping[str, Any]) -> tuple[ExplanationSpec, Any]:
    """Return the checked choices, and the background where it is a table. Raises OptionError."""
    refuse_unknown(options, ExplanationSpec.options())
    number, table = number_or_table(background)
    return ExplanationSpec(method=method, **number, **options), table


def number_or_table(background: Any) -> tuple[dict[str, Any], Any]:
    """Return the option that a background is, where it is a number of rows, and the table, where it is one."""
    if background is None:
        return {}, None
    is_number = isinstance(background, (int, np.integer))
    return ({"background": int(background)}, None) if is_number else ({}, background)


def subject_and_material(
    regressor: Regressor | Callable[[Any], Any], data: Any, spec: ExplanationSpec, background: Any
) -> tuple[Explained, Material]:
    """Return what is explained, and on which rows. Raises NbregError."""
    if isinstance(regressor, Regressor):
        regressor.check_trained()
        targets = chosen_targets(regressor.target_names_, spec.target)
        explained = ExplainedNetwork(regressor, targets, spec.group)
        return explained, material_of(regressor, data, spec, background)
    return _function_and_material(regressor, data, spec, background)


def _function_and_material(
    predict: Callable[[Any], Any], data: Any, spec: ExplanationSpec, background: Any
) -> tuple[Explained, Material]:
    if not callable(predict):
        raise OptionError(
            f"What is explained is a Regressor or a function from a table to predictions; got {type(predict).__name__}."
        )
    if data is None:
        raise DataError("A function is explained on rows: give a table.")
    table = as_frame(data)
    observed = None if spec.target is None else observed_targets(table, [spec.target])
    others = table if background is None else as_frame(background)
    rows = drawn(len(table), spec.rows if spec.rows is not None else len(table), spec.seed)
    chosen = others if background is not None else others[drawn(len(others), spec.background, spec.seed + 1)]
    said = () if background is not None else ("The background is drawn from the rows given.",)
    columns = [name for name in table.columns if name != spec.target]
    explained = AnyPredictor(predict, columns, spec.group, spec.target)
    return explained, Material(table[rows], rows, chosen, None if observed is None else observed[rows], (), said)


def explanation_of(explained: Explained, material: Material, spec: ExplanationSpec) -> Explanation:
    """Return the explanation of `material`'s rows. Raises NbregError."""
    chosen = chosen_method(explained, spec, len(material.frame), len(material.background))
    spec = replace(spec, method=chosen.name, rounds=chosen.rounds)
    if METHODS[chosen.name].needs_observed:
        material = with_observed(material, chosen.name, explained.columns_of_targets)
    with underway(f"Explaining by {chosen.name}", spec.budget) as effort:
        task = task_of(explained, material, spec, effort)
        attribution = METHODS[chosen.name]().attribute(task)
        checks = checks_of(task, chosen.name, attribution) if spec.check else ()
    return _summed_up(task, material, chosen.name, f"{attribution.words}; {chosen.why}", attribution, checks)


def task_of(explained: Explained, material: Material, spec: ExplanationSpec, effort: Effort) -> Task:
    """Return rows and background as points. Raises DataError where the network's answers are not finite."""
    points, background = explained.points(material.frame), explained.points(material.background)
    observed = None if material.observed is None else _of_targets(material.observed, explained)
    task = Task(explained, points, background, effort, spec.seed, spec.rounds, observed)
    for rows, which in ((points, "explained"), (background, "of the background")):
        _check_finite(explained, rows, which)
    return task


def _check_finite(explained: Explained, points: Points, which: str) -> None:
    n_bad = int((~np.isfinite(explained.predict(points)).all(axis=1)).sum())
    if n_bad:
        raise DataError(
            f"The predictions for {counted(n_bad, 'row')} {which} are not finite (of {len(points):,}): "
            "there is nothing to share out. Leave these rows out, or train again with a smaller learning rate."
        )


def _of_targets(observed: Floats, explained: Explained) -> Floats:
    targets = list(getattr(explained, "targets", range(observed.shape[1])))
    return observed[:, targets]


def _summed_up(
    task: Task, material: Material, name: str, words: str, found: Attribution, checks: tuple[Any, ...]
) -> Explanation:
    n_done, kind = len(found.values), METHODS[name].kind
    predictions = task.explained.predict(task.points[:n_done])
    base_values = None if found.base_values is None else np.broadcast_to(found.base_values, predictions.shape).copy()
    gap = completeness_gap(found, predictions) if kind == "additive" else None
    names = task.explained.target_names
    explained_columns = [column for columns in task.explained.players.members for column in columns]
    in_order = [column for column in material.frame.columns if column in explained_columns]
    said = (
        *_unfinished(task, n_done),
        *material.said,
        *found.notices,
        *cautions(task, name, found),
    )
    one = len(names) == 1
    return Explanation(
        values=_squeezed(found.values, one),
        base_values=None if base_values is None else _squeezed(base_values, one),
        data=material.frame.select(in_order)[np.arange(n_done)].to_native(),
        predictions=_squeezed(predictions, one),
        method=name,
        kind=kind,
        words=words,
        players=task.explained.players,
        target_names=names,
        rows=material.rows[:n_done],
        n_background=len(task.background),
        standard_errors=None if found.standard_errors is None else _squeezed(found.standard_errors, one),
        completeness_gap=gap,
        notices=said,
        checks=checks,
    )


def completeness_gap(found: Attribution, predictions: Floats) -> float:
    """Return how far attributions and base value miss the predictions ``(n_rows, n_targets)`` at most.

    It is a share of the predictions' range, or of their size where they do not differ.
    """
    assert found.base_values is not None  # an additive method has one
    missed = np.abs(found.values.sum(axis=1) + found.base_values - predictions).max(axis=0)
    everything = np.vstack([predictions, found.base_values])
    scale = np.maximum(np.ptp(everything, axis=0), np.finfo(np.float32).eps * np.abs(everything).max(axis=0))
    return float(np.max(missed / np.where(scale > 0, scale, 1)))


def _squeezed(array: Floats, one: bool) -> Floats:
    return array[..., 0] if one else array


def _unfinished(task: Task, n_done: int) -> tuple[str, ...]:
    if n_done == len(task.points) and not task.effort.was_interrupted:
        return ()
    why = "Interrupted" if task.effort.was_interrupted else f"Stopped after {task.effort.budget:g} s, the budget"
    done = f"{n_done:,} of {counted(len(task.points), 'row')} are explained"
    return (f"{why}: {done}." if n_done < len(task.points) else f"{why}: all rows are explained, less closely.",)
