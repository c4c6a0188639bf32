"""%nnreg code"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.magics.command import COMMANDS, Call, Command, Keeping, Path
from nbreg.options import Spec, option
from nbreg.panels.notebook_names import Acting


@dataclass(frozen=True)
class Source(Spec):
    """Where the script finds its table."""

    table: str = option("table.csv", "The .csv or .parquet file that the script is to read.", Path())


class Script(str):
    """A script that shows itself as it reads, unless it stands in the next cell already."""

    is_in_next_cell = False

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("The script is in the next cell." if self.is_in_next_cell else str(self))


class Code(Command):
    """Give the same training as a stand-alone Keras script, in the next cell.

    It needs Keras, scikit-learn and pandas, not nbreg. Where no front end is there to fill a cell, it is shown.
    """

    specs = (Acting, Source, Keeping)
    examples = ("%nnreg code", "%nnreg code --table diamonds.csv -o script")

    def run(self, call: Call) -> Any:
        from nbreg.panels.front_end import has_front_end

        script = Script(call.regressor().to_keras_script(call.options.get("table", Source().table)))
        script.is_in_next_cell = call.preferences.next_cell and has_front_end() and not call.options.get("out")
        if script.is_in_next_cell:
            call.shell.set_next_input(script)
        return script


COMMANDS.register("code")(Code())
