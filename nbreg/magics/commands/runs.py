"""%nnreg runs"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Call, Command


class Runs(Command):
    """List the session's trainings side by side."""

    examples = ("%nnreg runs", "%nnreg runs -o runs")

    def run(self, call: Call) -> Any:
        from nbreg.session import SESSION

        return SESSION.runs()


COMMANDS.register("runs")(Runs())
