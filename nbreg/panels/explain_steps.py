"""The way from the base value to one prediction, step by step, as it is and as it might be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from nbreg.evaluation.wording import count, rounded
from nbreg.explanation.players import Players
from nbreg.panels.explain_row import RowAttribution
from nbreg.panels.explain_ticks import padded
from nbreg.plots.explanation_plot import others_label
from nbreg.plots.waterfall import MOST_STEPS, signed


def steps_of(
    players: Players,
    before: RowAttribution,
    after: RowAttribution,
    target: int,
    texts: Mapping[str, tuple[str, str]],
    changed: Collection[str],
) -> dict[str, Any]:
    """Return a waterfall from the base value to the prediction `after` changes, beside what it was `before`.

    The steps are the ten that were largest before, and those of features that changed; all others are added up. So
    they keep their places while a slider moves. `texts` are each column's value before and after.
    """
    old, new = before.values[:, target], after.values[:, target]
    changed_players = {players.position_of(name) for name in changed}
    shown, others = _shown(old, changed_players)
    errors = after.errors[:, target] if after.errors is not None else None
    steps = [_step(players, i, old, new, errors, texts, i in changed_players) for i in shown]
    if others:
        steps.append(_rest(others, float(old[others].sum()), float(new[others].sum())))
    base, prediction = float(after.base_values[target]), float(after.prediction[target])
    place = base
    for step in steps:
        step["from"], place = place, place + step["value"]
        step["to"] = place
    corners = [base, prediction, float(before.prediction[target]), *(step["to"] for step in steps)]
    low, high = padded(min(corners), max(corners), 0.02)
    return {
        "steps": steps,
        "base": {"value": base, "text": rounded(base, 3)},
        "prediction": {"value": prediction, "text": rounded(prediction, 3)},
        "was": {"value": float(before.prediction[target]), "text": rounded(float(before.prediction[target]), 3)},
        "change": signed(float(after.prediction[target] - before.prediction[target])) if changed else "",
        "low": low,
        "high": high,
        "spoken": _spoken(base, prediction, steps),
    }


def figures_of(
    before: RowAttribution, after: RowAttribution, target: int, observed: float | None, is_changed: bool
) -> list[dict[str, str]]:
    """Return prediction, observed value and residual, or the change, as labels and texts."""
    old, new = float(before.prediction[target]), float(after.prediction[target])
    figures = [_figure("Prediction", _digits(new, old, is_changed))]
    if is_changed:
        figures += [_figure("It was", _digits(old, new, True)), _figure("Change", signed(new - old))]
    has_observed = observed is not None and np.isfinite(observed)
    figures.append(_figure("Observed", rounded(observed, 3) if has_observed else "not known"))
    if has_observed and not is_changed:
        figures.append(_figure("Residual", signed(float(observed or 0.0) - old)))
    return figures


def _figure(label: str, text: str) -> dict[str, str]:
    return {"label": label, "text": text}


def _digits(number: float, other: float, apart: bool) -> str:
    """Return a number with so many digits that it is seen to differ from the other, where it does."""
    for digits in (3, 4, 5, 6):
        if not apart or number == other or rounded(number, digits) != rounded(other, digits):
            break
    return rounded(number, digits)


def _shown(old: Any, changed: Collection[int]) -> tuple[list[int], list[int]]:
    order = np.argsort(-np.abs(old), kind="stable").tolist()
    if len(order) <= MOST_STEPS + 1:
        return order, []
    kept = {*order[:MOST_STEPS], *changed}
    return [i for i in order if i in kept], [i for i in order if i not in kept]


def _step(
    players: Players, i: int, old: Any, new: Any, errors: Any, texts: Mapping[str, tuple[str, str]], is_changed: bool
) -> dict[str, Any]:
    values = [texts[name] for name in players.members[i]]
    before, after = (", ".join(each) for each in zip(*values, strict=True))
    return {
        "name": players.names[i],
        "text": after,
        "was": before if is_changed and before != after else "",
        "changed": is_changed,
        "value": float(new[i]),
        "words": signed(float(new[i])),
        "change": signed(float(new[i] - old[i])) if new[i] != old[i] else "",
        "error": None if errors is None else float(errors[i]),
    }


def _rest(others: list[int], old: float, new: float) -> dict[str, Any]:
    change = signed(new - old) if new != old else ""
    return {
        "name": others_label(len(others)),
        "text": "", "was": "", "changed": False, "value": new, "words": signed(new), "change": change, "error": None,
    }  # fmt: skip


def _spoken(base: float, prediction: float, steps: list[dict[str, Any]]) -> str:
    each = ", ".join(f"{step['name']} {step['words']}" for step in steps)
    return f"From the base value {rounded(base, 3)} to the prediction {rounded(prediction, 3)}: {each}."


def row_words(row: int, n_rows: int, which: str) -> str:
    """Return ``row 17 of 10,788 test rows``."""
    return f"row {count(row)} of {count(n_rows)} {which}"
