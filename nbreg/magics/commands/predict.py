"""%nnreg predict"""

from __future__ import annotations

from typing import Any

from nbreg.errors import OptionError
from nbreg.forecasting.options import Ahead
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.panels.notebook_names import Acting


class Predict(Command):
    """Predict the targets for the rows of a table, in target units; of a forecast, what comes after its end.

    The result is a series, or for several targets a table, of the same kind as the table given. A forecast's has groups
    and times beside the targets, and with --interval columns for both ends of where the values are to lie.
    """

    arguments = (Argument("data", "A table with the columns that the network was trained on.", Frame()),)
    specs = (Acting, Ahead, Keeping)
    examples = (
        "%nnreg predict df -o prices",
        "%nnreg predict new.csv --model model -o prices",
        "%nnreg predict weather --interval 0.9 -o tomorrow",
    )

    def run(self, call: Call) -> Any:
        from nbreg.forecasting.forecaster import Forecaster
        from nbreg.session import as_table

        regressor, share = call.regressor(), call.options.get("interval")
        table = as_table(call.table(call.arguments["data"]))
        if share is None:
            return regressor.predict_frame(table)
        if not isinstance(regressor, Forecaster):
            raise OptionError("Intervals (--interval) are for forecasts; this regressor's rows are predicted without.")
        return regressor.predict_frame(table, share)


COMMANDS.register("predict")(Predict())
