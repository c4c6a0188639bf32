"""%nnreg evaluate"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.panels.notebook_names import Acting


class Evaluate(Command):
    """Measure how good the predictions are: eight metrics, in target units; of several targets also the average.

    On the rows of a table that holds the targets; without one, on the test rows of the fit.
    """

    arguments = (
        Argument("data", "A table with features and targets; the test rows, if left out.", Frame(), required=False),
    )
    specs = (Acting, Keeping)
    examples = ("%nnreg evaluate", "%nnreg evaluate df_2024 --model model")

    def run(self, call: Call) -> Any:
        from nbreg.session import as_table

        name = call.arguments["data"]
        return call.regressor().evaluate(None if name is None else as_table(call.table(name)))


COMMANDS.register("evaluate")(Evaluate())
