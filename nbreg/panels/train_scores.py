"""How good a network is while it trains: what its weights predict for validation rows, beside a linear model."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import NOTHING, count, counted, of_one, rounded
from nbreg.networks.forward import predict_rows
from nbreg.panels.wording import duration, figure
from nbreg.training.compiled_epochs import TRACING

if TYPE_CHECKING:
    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.plots.pairs import TargetPairs
    from nbreg.regressor import Regressor
    from nbreg.training.run import Run

#: At most so many values of a target are looked at while a network trains, and shown as points.
MOST_POINTS = 2_000
#: At least so many rows are looked at, where each has many values: windows, of which all steps ahead count.
_LEAST_ROWS = 200
#: A gain in R² over the linear model from which on it is shown as good (or, as a loss, as bad).
WORTH_A_WORD = 0.005


@dataclass(frozen=True)
class Seen:
    """What weights predict for the watched rows, ``(n_values, n_targets)`` in target units, after `progress` epochs."""

    progress: float
    predicted: NDArray[np.float64]


class Scores:
    """The watched rows of one training, a sample of its validation rows (train rows, where there are none).

    A row has one value of each target; a window has one for each step ahead, so that there `n_values` are more.
    `look` is called by the thread that trains, with a model that has the present weights.
    """

    def __init__(self, regressor: Regressor):
        data = regressor.data_
        assert data is not None  # it has taken its table
        self.run: Run = regressor.run_
        self.targets = data.judged_names
        self.which = "validation" if data.n_rows("validation") else "train"
        n_rows = data.n_rows(self.which)
        most = max(MOST_POINTS * len(self.targets) // len(data.target_names), _LEAST_ROWS)
        rows = np.sort(np.random.default_rng(0).permutation(n_rows)[:most])
        self.inputs, self._scaler, self._judged = data.arrays(self.which)[0][rows], data.target_scaler, data.judged
        self.observed = data.judged(data.observed(self.which)[rows])
        self.n_rows = n_rows
        self._seen: Seen | None = None
        self._lock = threading.Lock()

    def look(self, model: Any) -> None:
        """Take note of what `model` predicts now."""
        with TRACING:  # the first time its forward pass is traced
            outputs = predict_rows(model, self.inputs)
        with self._lock:
            self._seen = self.seen(self.run.progress, self._scaler.inverse_transform(outputs))

    def seen(self, progress: float, predicted: Any) -> Seen:
        """Return what is predicted for the watched rows, ``(n_rows, n_outputs)`` in target units, as what was seen."""
        return Seen(progress, np.asarray(self._judged(predicted), np.float64))

    def take(self) -> Seen | None:
        """Return what was seen since the last time, if anything."""
        with self._lock:
            seen, self._seen = self._seen, None
        return seen

    def points(self, seen: Seen, target: str) -> NDArray[np.float32]:
        """Return observed and predicted values of a target, float32 ``(n_points, 2)``: a sample of the finite ones."""
        place = self.targets.index(target)
        with np.errstate(over="ignore"):
            pairs = np.column_stack([self.observed[:, place], seen.predicted[:, place]]).astype(np.float32)
        finite = pairs[np.isfinite(pairs).all(axis=1)]
        return finite[:: -(-len(finite) // MOST_POINTS) or 1]

    def evaluate(self, seen: Seen) -> Evaluation:
        """Return the metrics on the watched rows."""
        from nbreg.evaluation.evaluation import evaluate

        return evaluate(self.observed, seen.predicted, self.targets)

    def panels(self, seen: Seen) -> tuple[TargetPairs, ...]:
        """Return what was seen as the plots of predicted against observed take it."""
        from nbreg.plots.pairs import TargetPairs

        found = self.evaluate(seen)
        panels = []
        for target in self.targets:
            points = self.points(seen, target).astype(np.float64)
            values = (tuple(points[:, 0].tolist()), tuple(points[:, 1].tolist()))
            panels.append(TargetPairs(target, self.which, self.n_rows, *values, found.value("r2", target)))
        return tuple(panels)

    def words(self) -> str:
        """Return which rows are watched."""
        shown = len(self.inputs)
        of = f"{count(shown)} of " if shown < self.n_rows else ""
        return f"{of}{counted(self.n_rows, f'{self.which} row')}"


def cards(
    run: Run, found: Evaluation | None, linear: Evaluation | None, target: str, rows: str
) -> list[dict[str, str]]:
    """Return the figures of a training for the panel, each with what it is to be compared with.

    `found` are the metrics of the network, `linear` those of ridge regression on validation rows, both None as long
    as they are not known; `rows` says which rows `found` is of.
    """
    return [
        _quality(found, linear, target, rows),
        _miss(found, linear, target),
        _loss(run),
        _time(run),
    ]


def _card(title: str, value: str, context: str = "", tone: str = "") -> dict[str, str]:
    return {"title": title, "value": value, "context": context, "tone": tone}


def _quality(found: Evaluation | None, linear: Evaluation | None, target: str, rows: str) -> dict[str, str]:
    value, base = _value(found, "r2", target), _value(linear, "r2", target)
    context, tone = rows, ""
    if value is not None and base is not None:
        gain = value - base
        compared = f"+{of_one(gain)} over" if gain >= 0 else f"{of_one(-gain)} below"
        context = f"{compared} a linear model ({of_one(base)})"
        tone = "good" if gain >= WORTH_A_WORD else "bad" if gain <= -WORTH_A_WORD else ""
    return _card("Validation R²", of_one(value), context, tone)


def _miss(found: Evaluation | None, linear: Evaluation | None, target: str) -> dict[str, str]:
    value, base = _value(found, "mae", target), _value(linear, "mae", target)
    context = f"linear model {rounded(base, 3)}" if base is not None else f"mean miss, in units of {target}"
    return _card("Validation MAE", rounded(value, 3), context)


def _value(found: Evaluation | None, metric: str, target: str) -> float | None:
    return None if found is None else found.value(metric, target)


def _loss(run: Run) -> dict[str, str]:
    history, best = run.history, run.best
    if not history or best is None:
        return _card("Validation loss", NOTHING)
    validated = best.val_loss == best.val_loss
    now, least = (history[-1].val_loss, best.val_loss) if validated else (history[-1].loss, best.loss)
    title = "Validation loss" if validated else "Loss"
    return _card(title, figure(now), f"best {figure(least)} at epoch {best.epoch:,}")


def _time(run: Run) -> dict[str, str]:
    context = counted(len(run.history), "epoch") + (f", {run.engine}" if run.engine else "")
    return _card("Time", duration(run.seconds) if run.seconds else NOTHING, context)
