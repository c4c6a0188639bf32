"""%nnreg forecast"""

from __future__ import annotations

from typing import Any

from nbreg.forecasting.options import grouped_forecast_options
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.commands.fit import Background
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option


class Forecast(Command):
    """Train a network on the past of series to forecast what comes, in front of your eyes.

    Each window of a series is a row: --window steps of the targets and the features are seen, the next --horizon steps
    of the targets are forecast, all at once. Steps are equal, in each group by itself; rows may be missing. The latest
    rows are for validation and test, and no window lies across a border. What comes after the end of the table is then
    told by %nnreg predict DATA. With %%nnreg, the cell's body lists the hidden layers, one Keras layer a line.
    """

    arguments = (
        Argument("data", "A table in the notebook (pandas, polars, pyarrow), or a .csv or .parquet file.", Frame()),
    )
    examples = (
        "%nnreg forecast df --target temp --time time_hour",
        "%nnreg forecast df --target temp --target pressure --time time_hour --group origin --window 48 --horizon 24",
        "%nnreg forecast sales.csv --target sold --time day --known holiday --window 56 --horizon 14 -o model",
    )
    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {**grouped_forecast_options(), "Notebook": {**Background.options(), **Keeping.options()}}

    def run(self, call: Call) -> Any:
        from nbreg.session import forecast

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        return forecast(table, layers=layers, **choices)


COMMANDS.register("forecast")(Forecast())
