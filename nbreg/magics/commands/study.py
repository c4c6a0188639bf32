"""%nnreg study"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping, Words
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option
from nbreg.search.factor import factor_names
from nbreg.search.study_options import grouped_study_options


class StudyCommand(Command):
    """Study what one choice does: a network is trained with each of its values on the same folds.

    Factors with values of their own: learning_rate, hidden_units, activation, epochs, features, network,
    regularization, data_size, and, of forecasts, window. Any other option of fit is one too. Two factors, parted by a
    comma, make a grid. A value is marked as best only if it really is: by the corrected resampled t-test against each
    other one.

    With --window or --horizon rows are windows of series, as %nnreg forecast sees them: the latest rows are forecast in
    stretches (--folds), one after the other, each from as many rows before it.

    Sets of features: --values "age|age,cement|all", with a name --values "mix=cement,water|all", nested by importance
    --values auto. Stop it at any time: all values go through one fold before the next, and what is done is kept.
    """

    arguments = (
        Argument("factor", "What is studied, or two, parted by a comma.", Words(among=factor_names)),
        Argument("data", "A table in the notebook (pandas, polars, pyarrow), or a .csv or .parquet file.", Frame()),
    )
    examples = (
        "%nnreg study learning_rate df --target price",
        "%nnreg study hidden_units df --target price --values 16,64,256 --repeats 10 -o units",
        '%nnreg study hidden df --target price --values "64|64,32|128,64"',
        "%nnreg study hidden_units,learning_rate df --target price --values hidden_units=16,64",
        "%nnreg study network df --target temp --time time_hour --window 48 --horizon 24",
    )

    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {**grouped_study_options(), "Notebook": Keeping.options()}

    def run(self, call: Call) -> Any:
        from nbreg.search.study import study

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        return study(call.arguments["factor"], table, layers=layers, **choices)


COMMANDS.register("study")(StudyCommand())
