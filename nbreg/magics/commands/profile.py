"""%nnreg profile"""

from __future__ import annotations

from typing import Any

import nbreg
from nbreg.data.profile import ProfileSpec
from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping


class Profile(Command):
    """Show what each column of a table holds, and which had better be left out.

    With --target the other columns are looked through for copies of it, which would make a network look better than
    it will be.
    """

    arguments = (Argument("data", "The table to look at.", Frame()),)
    specs = (ProfileSpec, Keeping)
    examples = ("%nnreg profile df", "%nnreg profile df --target price -o held")

    def run(self, call: Call) -> Any:
        return nbreg.profile(call.table(call.arguments["data"]), call.options.get("target", ()))


COMMANDS.register("profile")(Profile())
