"""What an explain panel says of an explanation, as plain data: bars, cards, methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import count, counted, rounded
from nbreg.explanation.explained import Explained
from nbreg.explanation.method import METHODS
from nbreg.explanation.methods.shapley import (
    ENUMERATED_UP_TO,
    affordable_rounds,
    enumeration_cost,
    sampling_cost,
)
from nbreg.plots.explanation_card import completeness
from nbreg.plots.explanation_plot import measure

if TYPE_CHECKING:
    from nbreg.explanation.explanation import Explanation
    from nbreg.explanation.spec import ExplanationSpec

#: So many bars at most: nobody reads on, and a page with ten thousand is slow.
MOST_BARS = 200
#: How often methods ask the network for each row, or each pair of a row and a background row; a gradient costs three.
_A_ROW = {"saliency": 3, "gradient_x_input": 3, "integrated_gradients": 150, "smooth_grad": 150}
_A_PAIR = {"deep_shap": 3, "expected_gradients": 15}
#: What an empty panel says.
NOTHING_TRAINED = "Nothing has been trained yet. Train a network first, such as %nnreg fit DATA --target COLUMN."
#: Methods whose base value is the prediction for the mean background row.
_AGAINST_MEAN_ROW = ("integrated_gradients", "gradient_x_input", "smooth_grad")


def summary_of(explanation: Explanation, of_rows: str, seconds: float) -> dict[str, Any]:
    """Return all that is said of an explanation of one target: `of_rows` says which rows they are of, `seconds` how
    long it took."""
    return {
        "bars": bars_of(explanation),
        "cards": cards_of(explanation, of_rows, seconds),
        "gap": gap_words(explanation),
        "cautions": list(explanation.notices),
        "columns": _columns_in_order(explanation),
    }


def explaining_words(method: str) -> str:
    """Return what is going on."""
    return "Explaining" if method == "auto" else f"Explaining by {method}"


def ready_words(explanation: Explanation) -> str:
    """Return what there is."""
    return f"{counted(len(explanation), 'row')} explained by {explanation.method}"


def bars_of(explanation: Explanation) -> dict[str, Any]:
    """Return the importance of each feature of an explanation of one target, the largest first.

    ``values`` and ``errors`` are in target units; an error is None where one row tells none.
    """
    importance, errors = explanation.importance()[:MOST_BARS], explanation.importance_errors()[:MOST_BARS]
    known = [None if np.isnan(error) else float(error) for error in errors]
    return {
        "names": [str(name) for name in importance.index],
        "values": [float(value) for value in importance],
        "errors": known,
        "texts": [rounded(float(value)) for value in importance],
        "spoken": [
            f"{name} {rounded(float(value))}" + ("" if error is None else f", standard error {rounded(error)}")
            for (name, value), error in zip(importance.items(), known, strict=True)
        ],
        "measure": measure(explanation, mean=True),
        "n_features": len(explanation.players),
    }


def cards_of(explanation: Explanation, of_rows: str, seconds: float) -> list[dict[str, str]]:
    """Return the figures of an explanation of one target: a title, a value and what it means each.

    `of_rows` says which rows they are of, `seconds` how long it took.
    """
    cards = [_card("Rows explained", count(len(explanation)), of_rows)]
    if explanation.base_values is not None and len(explanation):
        of = counted(explanation.n_background, "background row")
        is_mean = explanation.method in _AGAINST_MEAN_ROW
        note = f"prediction for the mean of {of}" if is_mean else f"mean prediction of {of}"
        cards.append(_card("Base value", rounded(float(explanation.base_values[0]), 3), note))
    cards.append(_card("Method", explanation.method, f"{explanation.words}; took {_seconds(seconds)}"))
    if explanation.completeness_gap is None:
        cards.append(_card("Completeness", "none", "sensitivities are sizes, and add up to nothing"))
    else:
        cards.append(_card("Completeness gap", _gap(explanation.completeness_gap), "of the range of predictions"))
    return cards


def gap_words(explanation: Explanation) -> str:
    """Return how far the attributions add up, as a sentence."""
    if explanation.completeness_gap is None:
        return "These are sensitivities: sizes that do not add up to the prediction."
    words = completeness(explanation.completeness_gap)
    return f"{words[:1].upper()}{words[1:]}."


def _gap(gap: float) -> str:
    return f"below {completeness(gap).split('less than ')[1].split(' of')[0]}"


def _seconds(seconds: float) -> str:
    return "less than 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _card(title: str, value: str, context: str) -> dict[str, str]:
    return {"title": title, "value": value, "context": context, "tone": ""}


def _columns_in_order(explanation: Explanation) -> list[str]:
    """Return the columns, those of the most important features first."""
    players = explanation.players
    return [name for each in explanation.importance().index for name in players.members[players.position_of(each)]]


# Methods


def methods_of(
    explained: Explained, spec: ExplanationSpec, n_rows: int, n_background: int, has_observed: bool
) -> list[dict[str, str]]:
    """Return all methods: name, what it is, what it costs, and why it cannot be used here (empty where it can)."""
    auto = {
        "name": "auto",
        "about": "Chosen by what the network and the number of rows allow.",
        "cost": "",
        "refusal": "",
    }
    found = [auto]
    for name in METHODS:
        method = METHODS[name]
        refusal = method().refusal(explained) or ""
        if method.needs_observed and not has_observed:
            refusal = "the table lacks the true targets"
        elif method.needs_observed and n_rows < 2:
            refusal = "it takes values from other rows, and there is one"
        cost = _cost_words(_evaluations(name, explained, spec, n_rows, n_background))
        about = " ".join((method.__doc__ or "").split("\n\n")[0].split())
        found.append({"name": name, "about": about, "cost": cost, "refusal": refusal})
    return found


def _evaluations(
    name: str, explained: Explained, spec: ExplanationSpec, n_rows: int, n_background: int
) -> float | None:
    """Return how often a method asks for a prediction; None where that is not known beforehand."""
    n_players = len(explained.players)
    if name in _A_ROW:
        return float(_A_ROW[name] * n_rows)
    if name in _A_PAIR:
        return float(_A_PAIR[name] * n_rows * n_background)
    if name == "permutation_importance":
        return float((spec.rounds or 5) * n_players * n_rows)
    if name != "shapley":
        return None
    if n_players <= ENUMERATED_UP_TO and spec.rounds is None and spec.budget is None:
        return enumeration_cost(explained, n_rows, n_background) / explained.cost
    rounds = spec.rounds or affordable_rounds(explained, n_rows, n_background)
    return sampling_cost(explained, n_rows, n_background, rounds) / explained.cost


def _cost_words(n_evaluations: float | None) -> str:
    return "" if n_evaluations is None else f"about {rounded(n_evaluations)} evaluations of the network"
