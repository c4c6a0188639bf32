"""%nnreg predict"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.panels.notebook_names import Acting


class Predict(Command):
    """Predict the targets for the rows of a table, in target units.

    The result is a series, or for several targets a table, of the same kind as the table given.
    """

    arguments = (Argument("data", "A table with the columns that the network was trained on.", Frame()),)
    specs = (Acting, Keeping)
    examples = ("%nnreg predict df -o prices", "%nnreg predict new.csv --model model -o prices")

    def run(self, call: Call) -> Any:
        from nbreg.session import as_table

        return call.regressor().predict_frame(as_table(call.table(call.arguments["data"])))


COMMANDS.register("predict")(Predict())
