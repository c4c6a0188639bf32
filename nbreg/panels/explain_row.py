"""Attributions of single rows, quickly enough to follow a slider."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.spectra import with_whole_signal
from nbreg.errors import DataError
from nbreg.explanation.choice import Chosen
from nbreg.explanation.effort import Effort
from nbreg.explanation.explained import Explained, Floats
from nbreg.explanation.method import METHODS, Task
from nbreg.explanation.methods.shapley import ENUMERATED_UP_TO, LEAST_ROUNDS, enumeration_cost, sampling_cost
from nbreg.explanation.spec import ExplanationSpec

if TYPE_CHECKING:
    from nbreg.regressor import Regressor

Inputs = NDArray[np.float32]

#: What may be asked of a network of 4,000 parameters while somebody waits: about 50 ms on one core.
QUICK = 500_000


@dataclass(frozen=True, eq=False)
class RowAttribution:
    """One row: attributions and their standard errors ``(n_players, n_targets)``, base value and prediction
    ``(n_targets,)``; `words` say how it was done."""

    values: Floats
    base_values: Floats
    prediction: Floats
    errors: Floats | None
    words: str


class RowExplainer:
    """Explains one row after the other against the same background, by `method`.

    It is the method asked for where that adds up to the prediction and is quick on one row, else the nearest that is;
    `why` says so.
    """

    def __init__(self, regressor: Regressor, background: Frame, spec: ExplanationSpec):
        from nbreg.explanation.network import ExplainedNetwork

        n_targets = len(regressor.target_names_)
        self.explained = ExplainedNetwork(regressor, range(n_targets), spec.group)
        self._background = self.explained.points(background)
        self._seed = spec.seed
        self.method, self.why, self._rounds = quick_method(self.explained, spec, len(background))
        self._encoder = regressor.encoder_
        self._encoded: tuple[Frame, Inputs] | None = None
        self._working = threading.Lock()  # methods share what they compile, and copies of the network

    def of(self, row: Frame, changed: Frame | None = None) -> RowAttribution:
        """Return the attributions of a table's only row, where there are `changed` columns with these in its own's
        place. Raises DataError where the prediction is not finite."""
        with self._working:
            inputs = self._inputs(row)
            if changed is not None:
                inputs = self._encoder.transform_some(inputs, with_whole_signal(self._encoder, changed, row))
            points = self.explained.points_of_inputs(inputs)
            prediction = self.explained.predict(points)[0]
            if not np.isfinite(prediction).all():
                raise DataError("The prediction for this row is not finite: there is nothing to share out.")
            task = Task(self.explained, points, self._background, Effort(), self._seed, self._rounds)
            found = METHODS[self.method]().attribute(task)
        assert found.base_values is not None  # the method is additive
        base_values = np.broadcast_to(found.base_values, prediction.shape)
        errors = None if found.standard_errors is None else found.standard_errors[0]
        return RowAttribution(found.values[0], base_values, prediction, errors, found.words)

    def _inputs(self, row: Frame) -> Inputs:
        """Return a row's inputs; the last row's are kept, for a slider changes it again and again."""
        if self._encoded is None or self._encoded[0] is not row:
            self._encoded = row, self._encoder.transform(row)
        return self._encoded[1]


def quick_method(explained: Explained, spec: ExplanationSpec, n_background: int) -> Chosen:
    """Return an additive method that is quick on one row, the one of `spec` if it is."""
    asked = spec.method
    if asked == "shapley":
        return _quick_shapley(explained, spec.rounds, n_background) or _by_rule(explained, _too_slow(asked))
    if asked == "auto" or METHODS[asked].kind != "additive":
        why = "" if asked == "auto" else f"{asked} does not add up to a prediction"
        exact = _quick_shapley(explained, None, n_background)
        return Chosen("shapley", why, exact.rounds) if exact else _by_rule(explained, why)
    refusal = METHODS[asked]().refusal(explained)
    if refusal is not None:
        return _by_rule(explained, f"{asked} cannot: {refusal}")
    return Chosen(asked, "", spec.rounds)


def _too_slow(method: str) -> str:
    return f"{method} would not follow a slider"


def _quick_shapley(explained: Explained, rounds: int | None, n_background: int) -> Chosen | None:
    """Return Shapley values that are exact, or else sampled in so many rounds as are quick; None where none are."""
    is_few = len(explained.players) <= ENUMERATED_UP_TO
    if rounds is None and is_few and enumeration_cost(explained, 1, n_background) <= QUICK:
        return Chosen("shapley", "")
    affordable = int(QUICK / sampling_cost(explained, 1, n_background, 1))
    wanted = affordable if rounds is None else min(rounds, affordable)
    return Chosen("shapley", "", min(wanted, 16)) if wanted >= LEAST_ROUNDS else None


def _by_rule(explained: Explained, why: str) -> Chosen:
    refusal = METHODS["deep_shap"]().refusal(explained)
    return Chosen("expected_gradients" if refusal else "deep_shap", why)
