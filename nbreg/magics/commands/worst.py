"""%nnreg worst"""

from __future__ import annotations

from typing import Any

import nbreg
from nbreg.evaluation.worst import WorstSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.predictors import Predicting, choices_for, predictor, rows_for
from nbreg.options import Option


class Worst(Command):
    """Show where predictions are worst: single rows, and groups of rows such as a level of a feature or a range.

    On the rows of a table that holds the targets; without one, on the test rows of the fit. Groups are told only where
    their residuals are larger than chance would make them.
    """

    arguments = (
        Argument("data", "A table with features and targets; the test rows, if left out.", Frame(), required=False),
    )
    examples = ("%nnreg worst", "%nnreg worst df --rows 20 --slices 3 -o bad")

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {
            "Worst": WorstSpec.options(),
            "Notebook": {**Predicting.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        looked_at = predictor(call)
        data = rows_for(call, looked_at, call.arguments["data"])
        return nbreg.worst(looked_at.predict, data, **choices_for(call, looked_at))


COMMANDS.register("worst")(Worst())
