"""%nnreg backtest"""

from __future__ import annotations

from typing import Any

from nbreg.forecasting.backtest_spec import BacktestSpec
from nbreg.forecasting.options import grouped_forecast_options
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option


class BacktestCommand(Command):
    """Try forecasts at origins before, beside the last value, the value of a season ago, and ridge regression.

    The test rows are parted into stretches; for each, every model is trained anew on what was known when it began. The
    value has RMSE by target, step and origin, and MASE.
    """

    arguments = (
        Argument("data", "A table in the notebook (pandas, polars, pyarrow), or a .csv or .parquet file.", Frame()),
    )
    examples = (
        "%nnreg backtest df --target temp --time time_hour",
        "%nnreg backtest df --target temp --time time_hour --group origin --origins 2 --season 24 -o tried",
    )
    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {"Backtest": BacktestSpec.options(), **grouped_forecast_options(), "Notebook": Keeping.options()}

    def run(self, call: Call) -> Any:
        from nbreg.forecasting.backtest import backtest
        from nbreg.session import as_table

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        return backtest(as_table(table), layers=layers, **choices)


COMMANDS.register("backtest")(BacktestCommand())
