"""%nnreg tune"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option
from nbreg.search.tune_options import grouped_tune_options
from nbreg.search.window_options import NO_SEARCH, window_flags


class Tune(Command):
    """Search for the best options, and train with them: the latest regressor has what was found.

    Trials are judged by cross-validation on the train and validation rows, beside the options of this line; the test
    rows are looked at once, at the end. Stop it at any time: the best so far is trained. Trials are kept in a file, and
    the same line goes on where it was. With %%nnreg, the cell's body lists the hidden layers, one Keras layer a line.
    The value has all trials (to_frame) and the %nnreg fit line of the best (line).
    """

    arguments = (
        Argument("data", "A table in the notebook (pandas, polars, pyarrow), or a .csv or .parquet file.", Frame()),
    )
    examples = (
        "%nnreg tune df --target price",
        '%nnreg tune df --target price --space "hidden=32..512:log, dropout=0..0.5, activation=relu|gelu" -o search',
        '%nnreg tune df --target price --space "hidden=64,32|128,64, l2=1e-6..1e-3:log" --sampler random --trials 30',
        "%nnreg tune df --target price --prune hyperband --nested --jobs 2 --timeout 600",
        "%%nnreg tune df --target price",
        'Dense(64, activation="gelu")',
        "Dropout(0.1)",
    )
    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {**grouped_tune_options(), "Notebook": Keeping.options()}

    def lacks(self, flag: str) -> str:
        return NO_SEARCH if flag in window_flags() else ""

    def run(self, call: Call) -> Any:
        from nbreg.search.tune import tune

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        found = tune(table, layers=layers, **choices)
        found.data_name = call.arguments["data"]
        return found


COMMANDS.register("tune")(Tune())
