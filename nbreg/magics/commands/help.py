"""%nnreg help"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command
from nbreg.options import Choice


class Help(Command):
    """Say what there is, or explain one command."""

    arguments = (Argument("command", "Which command.", Choice(among=lambda: COMMANDS), required=False),)
    specs = ()
    examples = ("%nnreg help", "%nnreg help fit")

    def run(self, call: Call) -> Any:
        from nbreg.magics.help import command_help, overview

        name = call.arguments["command"]
        print(overview() if name is None else command_help(name, COMMANDS[name]))  # noqa: T201 - told to the reader


COMMANDS.register("help")(Help())
