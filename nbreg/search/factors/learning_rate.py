"""Studies of the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbreg.search.factor import FACTORS, OptionFactor


class LearningRate(OptionFactor):
    """The size of a step; the schedule stays, so that it is the rate that the schedule begins with."""

    of = "learning_rate"
    values = (0.0001, 0.001, 0.01, 0.1, 1.0)
    asks = "How large should a step be?"
    metrics = ("mse", "r2")
    axis = "log"

    def alike(self, value: Any, values: Sequence[Any]) -> int:
        return len(values)  # the rate is an argument of what is compiled


FACTORS.register("learning_rate")(LearningRate())
