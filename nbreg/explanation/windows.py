"""What each step of a window adds to a forecast, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError, OptionError
from nbreg.explanation.by_target import ByTarget
from nbreg.explanation.choice import chosen_method
from nbreg.explanation.effort import underway
from nbreg.explanation.explain import completeness_gap, explanation_choices, task_of
from nbreg.explanation.explained import Floats
from nbreg.explanation.material import chosen_targets, material_of
from nbreg.explanation.method import METHODS, Attribution
from nbreg.explanation.network import ExplainedNetwork
from nbreg.explanation.players import Players
from nbreg.explanation.spec import ExplanationSpec
from nbreg.regressor import Regressor


@dataclass(frozen=True, eq=False)
class WindowExplanation(ByTarget):
    """Attributions of some predictions to the steps and channels of a sequence, in target units.

    Attributes
    ----------
    values : ``(n_rows, n_steps, n_channels)``, or ``(n_rows, n_steps, n_channels, n_targets)`` for several targets
        What each input of the sequence adds to each prediction; for a method of sensitivity, how much it hangs on it.
    rest : ``(n_rows, n_rest[, n_targets])``
        The same for what is beside the sequence.
    base_values : ``(n_rows[, n_targets])``, or None for sensitivities
    predictions : ``(n_rows[, n_targets])``
    completeness_gap : float or None
        Largest distance between a prediction and what all adds up to, as a share of the range of predictions; None
        for sensitivities.
    step_names, channel_names, rest_names, target_names : tuple of str
    rows : ``(n_rows,)``
        The positions of the rows in the table that was given.
    method, kind, words : str
        The method's name, "additive" or "sensitivity", and how and why it was done so.
    """

    of_targets: ClassVar[tuple[str, ...]] = ("values", "rest", "base_values", "predictions")

    values: Floats
    rest: Floats
    base_values: Floats | None
    predictions: Floats
    completeness_gap: float | None
    step_names: tuple[str, ...]
    channel_names: tuple[str, ...]
    rest_names: tuple[str, ...]
    target_names: tuple[str, ...]
    rows: NDArray[np.intp]
    method: str
    kind: str
    words: str

    def __len__(self) -> int:
        return len(self.rows)

    def check_row(self, row: int) -> None:
        """Raise OptionError unless there is a row of this number, counted from 0."""
        if not 0 <= row < len(self):
            raise OptionError(f"row takes a number from 0 to {len(self) - 1:,}, a row of this explanation; got {row}.")

    def importance(self) -> Floats:
        """Return ``(n_steps, n_channels[, n_targets])``: the mean size of what each input of the sequence adds."""
        sizes = np.abs(self.values) if self.kind == "additive" else self.values
        means: Floats = sizes.mean(axis=0)
        return means


def explain_windows(
    regressor: Regressor,
    data: Any = None,
    method: str = "expected_gradients",
    *,
    background: Any = None,
    **options: Any,
) -> WindowExplanation:
    """Say what each step and channel of a sequence adds to each prediction, in target units.

    Parameters
    ----------
    regressor : Regressor
        Fitted to rows that are sequences: windows of a series, or a signal of many channels.
    data : table, optional
        The rows to explain; those that the fit held back to test, if left out.
    method : str
        ``expected_gradients``, ``integrated_gradients``, ``gradient_x_input``, ``saliency``, ...
    background : int or table, optional
        Rows that stand for what is not known: a number of train rows, or rows of your own.
    **options
        As those of ``nbreg.explain``: rows, rounds, target, budget, seed.

    Raises
    ------
    NbregError
        Where no sequence enters the network, a method or target is unknown, or rows do not fit the network.
    """
    spec, table = explanation_choices(method, background, options)
    _check_sequence(regressor, spec)
    material = material_of(regressor, data, spec, table)
    explained = ExplainedInputs(regressor, chosen_targets(regressor.target_names_, spec.target))
    chosen = chosen_method(explained, spec, len(material.frame), len(material.background))
    if METHODS[chosen.name].needs_observed:
        raise OptionError(f"{chosen.name} does not look at single steps: take a method such as expected_gradients.")
    with underway(f"Explaining windows by {chosen.name}", spec.budget) as effort:
        task = task_of(explained, material, spec, effort)
        found = METHODS[chosen.name]().attribute(task)
    return _parted(explained, found, explained.predict(task.points[: len(found.values)]), material.rows, chosen)


class ExplainedInputs(ExplainedNetwork):
    """A regressor's network with each of its inputs a player; the vector of an embedded category is one."""

    def __init__(self, regressor: Regressor, targets: tuple[int, ...]):
        super().__init__(regressor, targets)
        encoder = regressor.encoder_
        starts = np.cumsum([encoder.n_inputs - len(self._tables), *(each.shape[1] for each in self._tables)]).tolist()
        vectors = [tuple(range(start, end)) for start, end in pairwise(starts)]
        positions = (*((place,) for place in range(starts[0])), *vectors)
        self.players = Players(tuple((name,) for name in encoder.input_names), positions)


def _check_sequence(regressor: Regressor, spec: ExplanationSpec) -> None:
    regressor.check_trained()
    if spec.group or spec.check:
        raise OptionError("Steps and channels are explained one by one, unchecked: leave group and check out.")
    if not regressor.encoder_.sequence_shape[0]:
        raise DataError("No sequence enters this network: its inputs are single columns, which nbreg.explain tells of.")


def _parted(
    explained: ExplainedInputs, found: Attribution, predictions: Floats, rows: NDArray[np.intp], chosen: Any
) -> WindowExplanation:
    encoder, (n_steps, n_channels) = explained.regressor.encoder_, explained.regressor.encoder_.sequence_shape
    n_inside, kind = n_steps * n_channels, METHODS[chosen.name].kind
    values = found.values[:, :n_inside].reshape(len(found.values), n_steps, n_channels, -1)
    base_values = None if found.base_values is None else np.broadcast_to(found.base_values, predictions.shape).copy()
    several = len(explained.target_names) > 1
    return WindowExplanation(
        values=values if several else values[..., 0],
        rest=found.values[:, n_inside:] if several else found.values[:, n_inside:, 0],
        base_values=base_values if several or base_values is None else base_values[:, 0],
        predictions=predictions if several else predictions[:, 0],
        completeness_gap=completeness_gap(found, predictions) if kind == "additive" else None,
        # Along a signal each step is a column of its own.
        step_names=tuple(getattr(encoder, "step_names", None) or encoder.input_names[:n_steps]),
        channel_names=tuple(getattr(encoder, "channel_names", None) or ("signal",)),
        rest_names=tuple(encoder.input_names[n_inside:]),
        target_names=explained.target_names,
        rows=rows[: len(values)],
        method=chosen.name,
        kind=kind,
        words=f"{found.words}; {chosen.why}",
    )
