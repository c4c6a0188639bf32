"""%nnreg cv"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option
from nbreg.search.cv_options import grouped_cv_options
from nbreg.search.window_options import NO_CROSS_VALIDATION, window_flags


class CvCommand(Command):
    """Cross-validate: how good is the network on rows that it has not seen, and how sure is that?

    In each fold encoder, scaler and network are learned anew, and judged on the rows that it holds out, beside simpler
    models. The value has all folds (to_frame) and the out-of-fold predictions (predictions).
    """

    arguments = (
        Argument("data", "A table in the notebook (pandas, polars, pyarrow), or a .csv or .parquet file.", Frame()),
    )
    examples = (
        "%nnreg cv df --target price",
        "%nnreg cv df --target price --folds 10 --repeats 3 --jobs 2 -o checked",
        "%nnreg cv df --target price --split group --group city --network perceptron",
    )

    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {**grouped_cv_options(), "Notebook": Keeping.options()}

    def lacks(self, flag: str) -> str:
        return NO_CROSS_VALIDATION if flag in window_flags() else ""

    def run(self, call: Call) -> Any:
        from nbreg.search.cross_validation import cross_validate

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        return cross_validate(table, layers=layers, **choices)


COMMANDS.register("cv")(CvCommand())
