"""%nnreg runs"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.magics.command import COMMANDS, Call, Command, Keeping, Path
from nbreg.magics.run_names import Renamings, RunName, RunNames, run_meant
from nbreg.options import Optional, Spec, option


@dataclass(frozen=True)
class Listing(Spec):
    """What is done to the list before it is shown."""

    rename: tuple[str, ...] = option((), "Give a run a name; give it again for several.", Renamings())
    delete: tuple[str, ...] = option((), "Forget a run; give it again for several.", RunNames())
    use: str | None = option(None, "Make a run the latest, which commands act on.", Optional(RunName()))
    csv: str | None = option(
        None, "Write all figures of the runs, in full, and the options that differ, to a file.", Optional(Path())
    )


class Runs(Command):
    """List the session's runs side by side; name, forget, use and keep them.

    A run is meant by its number, by its name, or by its regressor's name in the notebook.
    """

    specs = (Listing, Keeping)
    examples = (
        "%nnreg runs",
        '%nnreg runs --rename "3=best small"',
        "%nnreg runs --delete 1 --delete 2",
        '%nnreg runs --use "best small"',
        "%nnreg runs --csv runs.csv",
    )

    def run(self, call: Call) -> Any:
        from nbreg.session import SESSION

        names, wanted = call.shell.user_ns, call.options
        for renaming in wanted.get("rename", ()):
            ref, _, name = renaming.partition("=")
            SESSION.rename(run_meant(ref.strip(), names), name)
        for ref in wanted.get("delete", ()):
            SESSION.delete(run_meant(ref, names))
        if wanted.get("use"):
            SESSION.use(run_meant(wanted["use"], names))
        if wanted.get("csv"):
            _write(SESSION.figures(), wanted["csv"])
        return SESSION.runs()


def _write(figures: Any, path: str) -> None:
    from nbreg.errors import FileError

    try:
        figures.to_csv(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


COMMANDS.register("runs")(Runs())
