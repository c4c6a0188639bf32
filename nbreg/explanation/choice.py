"""Which method is taken where none is asked for, and why."""

from __future__ import annotations

from typing import NamedTuple

from nbreg.errors import OptionError
from nbreg.evaluation.wording import counted
from nbreg.explanation.explained import Explained
from nbreg.explanation.method import METHODS, Method
from nbreg.explanation.methods.shapley import (
    AFFORDABLE,
    ENUMERATED_UP_TO,
    LEAST_ROUNDS,
    affordable_rounds,
    enumeration_cost,
    sampling_cost,
)
from nbreg.explanation.spec import ExplanationSpec


class Chosen(NamedTuple):
    """A method's name, why it is taken, and how many rounds a sampling one has (None: as it thinks fit)."""

    name: str
    why: str
    rounds: int | None = None


def chosen_method(explained: Explained, spec: ExplanationSpec, n_rows: int, n_background: int) -> Chosen:
    """Return which method to take. Raises OptionError where the one asked for cannot be.

    A method that cannot explain this network makes way for expected gradients, which can explain any.
    """
    if spec.method == "auto":
        return _automatic(explained, spec, n_rows, n_background)
    method = METHODS[spec.method]()
    _check_gradient(explained, spec.method, method)
    refusal = method.refusal(explained)
    if refusal is not None:
        return Chosen("expected_gradients", f"in place of {spec.method}: {refusal}", spec.rounds)
    return Chosen(spec.method, "as asked for", spec.rounds)


def _check_gradient(explained: Explained, name: str, method: Method) -> None:
    if method.needs_gradient and not explained.has_gradient:
        without = [each for each in METHODS if not (METHODS[each].needs_gradient or METHODS[each].needs_observed)]
        raise OptionError(f"{name} needs a network's gradients, and this is a function: take {' or '.join(without)}.")


def _automatic(explained: Explained, spec: ExplanationSpec, n_rows: int, n_background: int) -> Chosen:
    n_players = len(explained.players)
    many = f"{counted(n_rows, 'row')} of {counted(n_players, 'feature')}"
    is_asked_to_sample = spec.rounds is not None or spec.budget is not None
    is_small = n_players <= ENUMERATED_UP_TO and not is_asked_to_sample
    if is_small and enumeration_cost(explained, n_rows, n_background) <= AFFORDABLE:
        return Chosen("shapley", f"chosen because {many} can be explained exactly")
    if not explained.has_gradient or sampling_cost(explained, n_rows, n_background, LEAST_ROUNDS) <= AFFORDABLE:
        rounds = spec.rounds or (None if spec.budget else affordable_rounds(explained, n_rows, n_background))
        return Chosen("shapley", f"chosen because {many} can be sampled closely", rounds)
    refusal = METHODS["deep_shap"]().refusal(explained)
    too_many = f"chosen because {many} are too many for Shapley values at once"
    return Chosen("expected_gradients", f"{too_many}, and {refusal}") if refusal else Chosen("deep_shap", too_many)
