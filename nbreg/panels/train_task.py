"""What a train panel trains: regressors on tables, or forecasters on series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbreg.data.windows.spec import WindowSpec
from nbreg.fit_options import fit_options, grouped_fit_options
from nbreg.forecasting.options import forecast_options, grouped_forecast_options
from nbreg.options import Option

#: Kinds of column that a forecast sees unless features are given.
_QUANTITIES = ("number", "boolean")


@dataclass(frozen=True)
class Task:
    """One kind of training: the command and the function of that name do the same, with the same options.

    `needed` are the options that have no default to train with, and what each of them says.
    """

    verb: str
    grouped_options: Callable[[], dict[str, dict[str, Option]]]
    options: Callable[[], dict[str, Option]]
    needed: Mapping[str, str]
    of_series: bool = False

    @property
    def estimator(self) -> type[Any]:
        """The class that is trained."""
        from nbreg.forecasting.forecaster import Forecaster
        from nbreg.regressor import Regressor

        return Forecaster if self.of_series else Regressor

    def missing(self, choices: Mapping[str, Any]) -> str:
        """Return what is still to be chosen, in a few words; nothing where that is all."""
        return next((f"Choose {words}" for name, words in self.needed.items() if not choices[name]), "")

    def role(self, name: str, choices: Mapping[str, Any]) -> str:
        """Return what a column is beside a feature: target, time, group, known; nothing where it could be one."""
        if name in choices["target"]:
            return "target"
        own = WindowSpec.options() if self.of_series else {}
        return next((each for each, declared in own.items() if _names(declared, choices[each], name)), "")

    def is_usual(self, kind: str) -> bool:
        """Return whether a column of that kind is predicted from unless features are given."""
        return kind in _QUANTITIES or not self.of_series


FIT = Task("fit", grouped_fit_options, fit_options, {"target": "a target, the column to predict"})
FORECAST = Task(
    "forecast",
    grouped_forecast_options,
    forecast_options,
    {"target": "a target, the column to forecast", "time": "the column of times"},
    of_series=True,
)


def _names(declared: Option, value: Any, name: str) -> bool:
    """Return whether an option that takes columns names this one."""
    return declared.kind.of_columns and name in ((value,) if isinstance(value, str) else value or ())
