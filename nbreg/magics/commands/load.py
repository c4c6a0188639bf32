"""%nnreg load"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Path


class Load(Command):
    """Read a regressor that %nnreg save wrote, and make it the latest.

    No code from the file is run.
    """

    arguments = (Argument("path", "The file to read.", Path()),)
    examples = ("%nnreg load model.nbreg -o model",)

    def run(self, call: Call) -> Any:
        from nbreg.session import load

        return load(call.arguments["path"])


COMMANDS.register("load")(Load())
