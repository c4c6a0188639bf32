"""How much each target's loss counts: alike, as given, by what a linear model leaves, or learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from nbreg.errors import OptionError, did_you_mean
from nbreg.networks.heads.head import Head
from nbreg.networks.objective import LearnedWeightsLoss, Objective, WeightedLoss
from nbreg.networks.targets import Targets
from nbreg.option_words import number_text, parted
from nbreg.options import Kind, Real, option

EQUAL, BALANCED, LEARNED = "equal", "balanced", "learned"
_WORDS = (EQUAL, BALANCED, LEARNED)

#: A balanced weight goes by at least this share of a target's variance: noise is never quite none.
_LEAST_UNEXPLAINED = 0.01
#: So many rows, at most, tell what a linear model leaves.
_MOST_ROWS = 5_000

#: A word; weights by name; or weights in the order of the targets.
Weights = str | tuple[tuple[str, float], ...] | tuple[float, ...]


class LossWeights(Kind):
    """A word, weights by target, ``{"y1": 2, "y2": 1}``, or weights in the targets' order, ``(2, 1)``."""

    expected = f"TARGET=WEIGHT (at least 0) for each target, or one of {', '.join(_WORDS)}"
    metavar = f"TARGET=WEIGHT|{'|'.join(_WORDS)}"
    many = True

    def parse(self, text: str) -> Any:
        return parted(text) if "=" in text else tuple(part.strip() for part in text.split(","))

    def check(self, value: Any) -> Weights:
        each = [value] if isinstance(value, str) else list(value.items() if isinstance(value, Mapping) else value)
        if not each or (len(each) == 1 and each[0] in _WORDS):
            return each[0] if each else EQUAL
        weights = [self.check_one(one) for one in each]
        by_name = [one for one in weights if isinstance(one, tuple)]
        if by_name and len(by_name) < len(weights):
            raise ValueError
        return tuple(dict(by_name).items()) if by_name else tuple(weights)  # type: ignore[return-value]

    def check_one(self, value: Any) -> tuple[str, float] | float:
        if isinstance(value, str):
            name, has_name, weight = value.rpartition("=")
            return (_name(name), _weight(weight)) if has_name else _weight(weight)
        if isinstance(value, (tuple, list)):
            name, weight = value
            return _name(name), _weight(weight)
        return _weight(value)

    def texts(self, value: Weights) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        if not _is_by_name(value):
            return (",".join(map(number_text, value)),)  # type: ignore[arg-type]
        return tuple(f"{name}={number_text(weight)}" for name, weight in value)  # type: ignore[misc]

    def code(self, value: Weights) -> str:
        return repr(dict(value) if _is_by_name(value) else value)  # type: ignore[arg-type]

    def choices(self) -> tuple[str, ...]:
        return _WORDS


@dataclass(frozen=True)
class PointHead(Head):
    """A head that predicts a number for each target, with a loss of each.

    Loss weights that are ``balanced`` are inverse to the share of the target's variance that a linear model of the
    inputs leaves (ridge regression, its penalty and that share by leave-one-out), as generalised least squares weighs
    equations by the variance of what they leave (Zellner 1962, its first step); they have the mean 1. Targets that
    are ``learned`` have a variance each that is trained with the network (`LearnedLoss`).
    """

    loss_weights: str | tuple[tuple[str, float], ...] | tuple[float, ...] = option(
        EQUAL, "How much the loss of each target counts.", LossWeights()
    )

    def of_targets(self, targets: Targets) -> Self:
        if self.loss_weights == EQUAL:
            return self
        if targets.n_targets == 1:
            raise OptionError("loss_weights (--loss-weights) weigh several targets; there is one: leave them out.")
        if isinstance(self.loss_weights, str):
            return self
        return replace(self, loss_weights=_in_order(self.loss_weights, targets))

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        if self.loss_weights == EQUAL:
            return super().objective(loss, x, y, has_gaps=has_gaps)
        if self.loss_weights == LEARNED:
            return LearnedWeightsLoss(loss)
        weights = balanced_weights(x, y) if self.loss_weights == BALANCED else self.loss_weights
        return WeightedLoss(loss, weights)  # type: ignore[arg-type]

    def told(self, predictions: Any) -> Any:
        """Return the outputs of the network: predictions, and behind them what the loss takes beside."""
        if self.loss_weights != LEARNED:
            return predictions
        from nbreg.networks.keras_parts.learned_loss import LogVariances

        return LogVariances(name="log_variances")(predictions)

    def words(self) -> list[str]:
        if self.loss_weights == EQUAL:
            return []
        if isinstance(self.loss_weights, str):
            return [f"{self.loss_weights} loss weights"]
        return ["loss weights " + " ".join(LossWeights().texts(self.loss_weights)).replace(",", " ")]


def balanced_weights(x: Any, y: Any) -> tuple[float, ...]:
    """Return weights ``(n_targets,)``, their mean 1, inverse to what a linear model leaves of scaled targets.

    `x` are inputs ``(n_rows, n_inputs)``, `y` scaled targets ``(n_rows, n_targets)``, NaN where missing. They have
    two digits, for they are estimates.
    """
    left = np.array([_unexplained(x, column) for column in np.asarray(y, np.float64).T])
    weights = 1 / np.maximum(left, _LEAST_UNEXPLAINED)
    return tuple(float(f"{weight:.2g}") for weight in weights / weights.mean())


def _unexplained(x: Any, y: Any) -> float:
    from sklearn.linear_model import RidgeCV

    known = np.flatnonzero(~np.isnan(y))
    rows = known[:: -(-len(known) // _MOST_ROWS)] if len(known) else known
    variance = y[rows].var() if len(rows) else 0.0
    if not variance:
        return 1.0
    model = RidgeCV(alphas=np.logspace(-3, 3, 7)).fit(np.asarray(x, np.float64)[rows], y[rows])
    return float(-model.best_score_ / variance)


def _in_order(weights: Weights, targets: Targets) -> tuple[float, ...]:
    """Return a weight for each target; those that are not named count 1. Raises OptionError.

    Of a forecast's targets, which are steps of columns (``temp +1 h``), a column's weight is that of all its steps; a
    step that is named itself has its own.
    """
    names = targets.names or tuple(map(str, range(targets.n_targets)))
    columns = targets.columns or names
    if _is_by_name(weights):
        by_name: dict[str, float] = dict(weights)  # type: ignore[arg-type]
        _check_names(by_name, dict.fromkeys([*columns, *names]))
    else:
        by_name = _by_place(tuple(weights), names, tuple(dict.fromkeys(columns)))  # type: ignore[arg-type]
    pairs = zip(names, columns, strict=True)
    ordered = tuple(by_name.get(name, by_name.get(column, 1.0)) for name, column in pairs)
    if not any(ordered):
        raise OptionError("loss_weights (--loss-weights) are all 0: at least one target must count.")
    return ordered


def _check_names(named: Iterable[str], known: Iterable[str]) -> None:
    names = list(known)
    for name in named:
        if name not in names:
            hint = did_you_mean(name, names)
            raise OptionError(f'loss_weights (--loss-weights) name "{name}", which is no target.{hint}')


def _by_place(weights: tuple[float, ...], targets: tuple[str, ...], columns: tuple[str, ...]) -> dict[str, float]:
    """Return weights by name, of each target or of each column. Raises OptionError."""
    for names in (targets, columns):
        if len(names) == len(weights):
            return dict(zip(names, weights, strict=True))
    raise OptionError(
        f"loss_weights (--loss-weights) takes a weight for each of the {len(columns)} targets; got {len(weights)}."
    )


def _is_by_name(weights: Any) -> bool:
    return not isinstance(weights, str) and isinstance(weights[0], tuple)


def _name(name: Any) -> str:
    if not name or not isinstance(name, str):
        raise ValueError
    return name


def _weight(value: Any) -> float:
    return Real(minimum=0).check(float(value) if isinstance(value, str) else value)
