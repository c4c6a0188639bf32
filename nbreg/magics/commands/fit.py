"""%nnreg fit"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.branching.starting import Starting
from nbreg.fit_options import grouped_fit_options
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.layers import layers_of
from nbreg.magics.meaning import meant
from nbreg.options import Option, Spec, Switch, option


@dataclass(frozen=True)
class Background(Spec):
    """Whether the notebook waits."""

    background: bool = option(False, "Train in the background: the cell ends at once, the view goes on.", Switch())


class Fit(Command):
    """Train a network on a table, in front of your eyes.

    The rows are parted into train, validation and test rows; all else is learned from the train rows. Stop it at
    any time, with its button or the notebook's interrupt: the best weights are kept. With %%nnreg, the cell's body
    lists the hidden layers, one Keras layer a line; the head for the targets is added.

    With --start, training goes on from an earlier run, and what is not given is as it was there. An epoch's weights
    are found by training that run once more up to it. The optimizer and the schedule begin anew.
    """

    arguments = (
        Argument(
            "data",
            "A table in the notebook (pandas, polars, pyarrow), a .csv or .parquet file, or a folder of .parquet.",
            Frame(),
        ),
    )
    examples = (
        "%nnreg fit df --target price",
        "%nnreg fit df --target price --hidden 128,64 --activation gelu --schedule cosine -o model",
        '%nnreg fit houses.csv --target "Sale Price" --split time --time sold',
        "%nnreg fit sales/ --target sold",
        "%nnreg fit df --start 1@40 --learning-rate 0.001",
        "%%nnreg fit df --target price",
        'Dense(64, activation="gelu")',
        "Dropout(0.1)",
    )
    takes_body = True

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        return {
            **grouped_fit_options(),
            "Start": Starting.options(),
            "Notebook": {**Background.options(), **Keeping.options()},
        }

    def run(self, call: Call) -> Any:
        from nbreg.session import fit

        table = call.table(call.arguments["data"])
        choices = {name: value for name, value in meant(call, self.options(), table).items() if name != "out"}
        layers = None if call.body is None else layers_of(call.body, call.shell.user_ns)
        return fit(table, layers=layers, **choices)


COMMANDS.register("fit")(Fit())
