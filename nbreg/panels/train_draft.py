"""What can be said of a training before it begins: its inputs, its network, its learning rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.data.dataset import RegressionData
from nbreg.data.windows.windowing import WindowData
from nbreg.evaluation.wording import counted, rounded
from nbreg.training.schedules import LearningRates

if TYPE_CHECKING:
    import keras

    from nbreg.regressor import Regressor
    from nbreg.training.range_test import RangeTest

#: A schedule is drawn by at most so many points.
MOST_POINTS = 120


def layers_of(regressor: Regressor) -> list[dict[str, Any]]:
    """Return the layers to draw, from inputs to targets, with their units."""
    targets = regressor.target_names_
    return [
        _layer("inputs", regressor.encoder_.n_inputs, ahead=True),
        *(
            _layer(title, units, ahead=not is_hidden, hidden=is_hidden)
            for title, units, is_hidden in regressor.blueprint_.architecture.drawn()
        ),
        _layer(targets[0] if len(targets) == 1 else "targets", len(targets)),
    ]


def network_of(regressor: Regressor, model: keras.Model | None) -> dict[str, Any]:
    """Return the drawing of a regressor's network; its size is there once `model` has been built."""
    drawn = {"layers": layers_of(regressor), "words": regressor.blueprint_.words(), "parameters": "", "memory": ""}
    if model is None:
        return drawn
    n_bytes = sum(weight.numpy().nbytes for weight in model.weights)
    return {**drawn, "parameters": counted(model.count_params(), "parameter"), "memory": _memory(n_bytes)}


def schedule_of(choices: Mapping[str, Any], n_epochs: int) -> dict[str, Any]:
    """Return the learning rates of a schedule by epoch, as far as it knows them beforehand."""
    is_open = isinstance(choices["learning_rate"], str)
    base = 1.0 if is_open else choices["learning_rate"]
    rates = LearningRates(choices["schedule"], base, n_epochs)
    epochs = np.unique(np.linspace(0, n_epochs - 1, min(MOST_POINTS, n_epochs)).round().astype(int))
    drawn = [rates.at(int(epoch)) for epoch in epochs]
    return {"rates": drawn, "words": _schedule_words(choices["schedule"], drawn, n_epochs, is_open)}


def summaries_of(regressor: Regressor, n_columns: int) -> dict[str, str]:
    """Return, for groups of choices, what they come to in a few words; `n_columns` are those that may be features."""
    data, spec = regressor.data_, regressor.training_
    assert data is not None  # it has taken its table
    steps = spec.epochs * -(-data.n_rows_in_all("train") // spec.batch_size)
    return {**_about(data, n_columns), "Training": f"{counted(spec.epochs, 'epoch')}, {rounded(steps)} steps"}


def _about(data: RegressionData, n_columns: int) -> dict[str, str]:
    if isinstance(data, WindowData):
        return {"Data": counted(len(data.table), "row"), "Windows": counted(len(data.origins), "window")}
    return {"Data": f"{counted(len(data.frame), 'row')} · {len(data.feature_names)} of {counted(n_columns, 'feature')}"}


def suggestion_of(found: RangeTest) -> dict[str, Any]:
    """Return a learning-rate range test as plain data."""
    finite = np.isfinite(found.losses)
    return {
        "rates": found.learning_rates[finite].tolist(),
        "losses": found.losses[finite].tolist(),
        "rate": float(f"{found.suggestion:.2g}"),
        "words": f"The range test suggests {float(f'{found.suggestion:.2g}'):g}.",
    }


def _layer(title: str, units: int, *, ahead: bool = False, hidden: bool = False) -> dict[str, Any]:
    """Return one layer; `hidden` ones are edited on the drawing, and those `ahead` stand before them."""
    return {"title": title, "units": units, "hidden": hidden, "ahead": ahead}


def _memory(n_bytes: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < 1_000:
            return f"{rounded(n_bytes, 2 if unit != 'bytes' else 3)} {unit}"
        n_bytes /= 1_000
    return f"{rounded(n_bytes)} GB"


def _schedule_words(schedule: str, rates: Sequence[float], n_epochs: int, is_open: bool) -> str:
    over = f"over {counted(n_epochs, 'epoch')}"
    if schedule == "plateau":
        return f"halved whenever the validation loss stays for 5 epochs, {over}"
    if is_open:
        return f"in shares of the rate that is found, {over}"
    if schedule == "constant":
        return f"{rates[0]:.2g} {over}"
    return f"from {rates[0]:.2g} to {rates[-1]:.2g} {over}"
