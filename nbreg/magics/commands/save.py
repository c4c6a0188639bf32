"""%nnreg save"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Path
from nbreg.panels.notebook_names import Acting


class Save(Command):
    """Write a regressor into one file: network, encoder, choices, history, report.

    Loading such a file never runs code from it.
    """

    arguments = (Argument("path", "The file to write, such as model.nbreg.", Path()),)
    specs = (Acting,)
    examples = ("%nnreg save model.nbreg", "%nnreg save diamonds.nbreg --model model")

    def run(self, call: Call) -> Any:
        regressor, path = call.regressor(), call.arguments["path"]
        regressor.save(path)
        print(f"Saved the regressor of {', '.join(regressor.data_spec_.target)} to {path}.")  # noqa: T201 - told to the reader


COMMANDS.register("save")(Save())
