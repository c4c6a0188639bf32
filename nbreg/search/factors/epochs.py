"""Studies of how long a network is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbreg.search.factor import FACTORS, OptionFactor


class Epochs(OptionFactor):
    """Passes over the train rows, under plain stochastic gradient descent.

    Beside it the optimizer is sgd and the learning rate constant, so that more epochs are the same training gone on
    with; and nothing stops it early (patience 0), for that would choose the number of epochs itself. Any of these may
    be given. Shown are the final train loss, which more epochs lower, and the error on the rows held out, which they
    need not; the best value goes by the latter.
    """

    of = "epochs"
    values = (10, 30, 100, 300, 1000)
    asks = "How long is long enough?"
    metrics = ("last_loss", "rmse")
    judged_by = "rmse"
    axis = "log"
    unit = "epochs"
    fixed = {"optimizer": "sgd", "schedule": "constant", "patience": 0}  # noqa: RUF012
    note = "Trained by sgd at a constant rate, never stopped early; the final loss is that of the train rows."

    def alike(self, value: Any, values: Sequence[Any]) -> int:
        """One compilation serves all numbers of epochs; it is paid for by the epochs of all values together."""
        numbers = [each for each in values if isinstance(each, int)]
        return max(1, round(sum(numbers) / value)) if isinstance(value, int) else len(values)


FACTORS.register("epochs")(Epochs())
