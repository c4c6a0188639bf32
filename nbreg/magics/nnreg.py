"""The magic itself: ``%nnreg`` and ``%%nnreg``."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, output_can_be_silenced
from traitlets import Bool

from nbreg.errors import NbregError, OptionError
from nbreg.magics.command import Call
from nbreg.magics.help import command_help, overview
from nbreg.magics.parsing import parse


@magics_class
class NNRegMagics(Magics):
    """Neural-network regression in a notebook: ``%config NNRegMagics`` shows these preferences."""

    live = Bool(True, help="Show trainings and explanations as they go, where a front end is there.").tag(config=True)
    next_cell = Bool(True, help="Let %nnreg code fill the next cell; otherwise it shows the script.").tag(config=True)

    #: What `extension.load` sets up and `extension.unload` takes back.
    matcher: Any = None
    showing: Any = None
    shell: Any

    @output_can_be_silenced
    @line_cell_magic
    def nnreg(self, line: str, cell: str | None = None) -> Any:
        # The docstring, which `%nnreg?` shows, is written when the extension is loaded.
        parsed = parse(line.rstrip().removesuffix(";"))  # which keeps the value from being shown
        if parsed.wants_help:
            print(command_help(parsed.name, parsed.command))  # noqa: T201 - help is text for the reader
            return None
        if cell is not None and not parsed.command.takes_body:
            raise OptionError(f"{parsed.name} takes no cell: write %nnreg {parsed.name}, with one per cent sign.")
        call = Call(self.shell, parsed.arguments, parsed.options, cell, preferences=self)
        value = self._done(parsed.command, call)
        if parsed.options.get("out") and parsed.command.keeps_value:
            self.shell.user_ns[parsed.options["out"]] = value
        return value

    def _done(self, command: Any, call: Call) -> Any:
        """Return what the command gives; a regressor that a failed training left is kept under its name."""
        try:
            return command.run(call)
        except NbregError as error:
            if error.regressor is not None and call.options.get("out"):
                self.shell.user_ns[call.options["out"]] = error.regressor
            raise


def write_docstring() -> None:
    """Give the magic its help; written late, for it lists commands that are found in their folder."""
    NNRegMagics.nnreg.__doc__ = overview()
