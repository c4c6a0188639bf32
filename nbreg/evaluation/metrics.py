"""The eight metrics: declared once, computed by scikit-learn, in the target's own units."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nbreg.evaluation import wording


class Measured(NamedTuple):
    """One metric's value, or, where it has none, a short reason."""

    value: float | None
    reason: str = ""


@dataclass(frozen=True)
class Metric:
    """One metric.

    `unit` is one of ``"target"``, ``"target²"``, ``"none"``, ``"share of one"`` and ``"per cent"`` (kept as a
    share: 0.034 is shown as 3.4 %). `function` is its name in `sklearn.metrics`, where its formula is.
    `needs` say, for observed and predicted values, why it is not defined; an empty text: it is.
    """

    name: str
    title: str
    function: str
    unit: str
    higher_is_better: bool = False
    needs: tuple[Callable[[Any, Any], str], ...] = ()

    def measure(self, observed: Any, predicted: Any) -> Measured:
        """Return the metric of one target's `observed` and `predicted` values, both ``(n_rows,)``."""
        for need in (_rows, _finite, *self.needs):
            if reason := need(observed, predicted):
                return Measured(None, reason)
        with np.errstate(over="ignore", invalid="ignore"):
            value = float(getattr(importlib.import_module("sklearn.metrics"), self.function)(observed, predicted))
        return Measured(value) if np.isfinite(value) else Measured(None, "it is too large to compute")

    def show(self, value: float | None, digits: int = 2) -> str:
        """Return `value` as people read it, with so many significant digits; a share of one with those it needs."""
        if self.unit == "share of one":
            return wording.of_one(value)
        return wording.per_cent(value, digits) if self.is_share else wording.rounded(value, digits)

    def show_mean(self, mean: float, error: float) -> str:
        """Return a mean and its error as people read them: ``5.10 ± 0.08``, ``34.1 ± 0.8 %``."""
        if not math.isfinite(error) or error <= 0:
            return self.show(mean)
        return wording.give_or_take(mean * self.drawn, error * self.drawn) + (" %" if self.is_share else "")

    @property
    def is_share(self) -> bool:
        """Whether it is kept as a share and shown per cent."""
        return self.unit == "per cent"

    @property
    def drawn(self) -> float:
        """What values are multiplied by on an axis."""
        return 100.0 if self.is_share else 1.0

    @property
    def axis_title(self) -> str:
        """The title of an axis of its values."""
        return f"{self.title}, %" if self.is_share else self.title


def _rows(observed: Any, predicted: Any) -> str:
    return "" if len(observed) else "there are no rows"


def _finite(observed: Any, predicted: Any) -> str:
    n_bad = int(np.sum(~np.isfinite(predicted)))
    return _predictions(n_bad, "not finite numbers", "not a finite number") if n_bad else ""


def _two_rows(observed: Any, predicted: Any) -> str:
    return "" if len(observed) > 1 else "it takes two rows or more"


def _varied(observed: Any, predicted: Any) -> str:
    return "" if np.ptp(observed) > 0 else "all observed values are the same"


def _not_negative(observed: Any, predicted: Any) -> str:
    if np.min(observed) < 0:
        return "there are negative observed values"
    n_negative = int(np.sum(predicted < 0))
    return _predictions(n_negative, "negative") if n_negative else ""


def _no_zeros(observed: Any, predicted: Any) -> str:
    return "" if np.all(observed) else "there are zeros among the observed values"


def _predictions(number: int, what: str, what_one: str = "") -> str:
    return f"{wording.counted(number, 'prediction')} {'is ' + (what_one or what) if number == 1 else 'are ' + what}"


_SPREAD, _LOG, _RELATIVE = (_two_rows, _varied), (_not_negative,), (_no_zeros,)

#: Name -> metric, in the order in which they are shown.
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("mse", "MSE", "mean_squared_error", "target²"),
        Metric("rmse", "RMSE", "root_mean_squared_error", "target"),
        Metric("mae", "MAE", "mean_absolute_error", "target"),
        Metric("r2", "R²", "r2_score", "share of one", True, _SPREAD),
        Metric("explained_variance", "Explained variance", "explained_variance_score", "share of one", True, _SPREAD),
        Metric("msle", "MSLE", "mean_squared_log_error", "none", False, _LOG),
        Metric("rmsle", "RMSLE", "root_mean_squared_log_error", "none", False, _LOG),
        Metric("mape", "MAPE", "mean_absolute_percentage_error", "per cent", False, _RELATIVE),
    )
}


def measure(observed: Any, predicted: Any) -> dict[str, Measured]:
    """Return all metrics of one target's `observed` and `predicted` values, both ``(n_rows,)`` in its units.

    Rows without an observed value, NaN, are passed over.
    """
    observed, predicted = (np.asarray(values, dtype=np.float64) for values in (observed, predicted))
    is_known = ~np.isnan(observed)
    if not is_known.all():
        observed, predicted = observed[is_known], predicted[is_known]
    return {name: metric.measure(observed, predicted) for name, metric in METRICS.items()}
