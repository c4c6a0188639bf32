"""Studies of the architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.networks.architecture import ARCHITECTURES, architecture_options
from nbreg.search.factor import FACTORS, OptionFactor


class Network(OptionFactor):
    """The architecture, each with its own defaults.

    Options that one of them does not have (a perceptron has no hidden layers) are left out for it. On a table whose
    columns are no sequence, cnn, rnn and lstm go through its numbers in the order of the columns.
    """

    of = "network"
    values = ("perceptron", "mlp", "cnn", "rnn", "lstm")
    asks = "Which architecture suits the table?"
    metrics = ("msle",)
    note = "Each network has those of the given options that it knows."

    def applied(self, value: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        foreign = set(architecture_options()) - set(ARCHITECTURES[value].options())
        return {**{name: each for name, each in options.items() if name not in foreign}, "network": value}


FACTORS.register("network")(Network())
