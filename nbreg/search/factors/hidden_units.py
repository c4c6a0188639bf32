"""Studies of how many units hidden layers have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.fit_options import fit_options
from nbreg.options import Integer, Kind
from nbreg.search.factor import FACTORS, Factor

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable


class HiddenUnits(Factor):
    """Units of every hidden layer; there are as many layers as the option ``hidden`` has (two, unless it is given).

    For other shapes the option itself is a factor: ``study hidden --values "64|64,32|128,64,32"``.
    """

    name, title, unit = "hidden_units", "hidden units", "units"
    asks = "How many units do hidden layers need?"
    metrics = ("mae", "explained_variance")
    axis = "log"
    note = "A value is the units of every hidden layer; there are as many layers as --hidden has."

    @property
    def kind(self) -> Kind:
        return Integer(minimum=1)

    def defaults(self, table: FoldTable, options: Mapping[str, Any]) -> Sequence[Any]:
        return 4, 16, 64, 128, 256

    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        declared = fit_options()["hidden"]
        layers = declared.check(options.get("hidden", declared.default))
        return {**options, "hidden": (value,) * max(1, len(layers))}


FACTORS.register("hidden_units")(HiddenUnits())
