"""What a command is: the word after %nnreg, what may follow it, and what it does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nbreg.data.frames import is_table_path
from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.options import Choice, Kind, Option, Optional, Spec, option
from nbreg.panels.notebook_names import Name, tables_in
from nbreg.registry import Registry


class Frame(Kind):
    """A table: its name in the notebook, or the path of a file."""

    expected = "the name of a table in the notebook, a .csv or .parquet file, or a folder of .parquet files"
    metavar = "DATA"


class Words(Choice):
    """Some of a few words, parted by commas."""


class Path(Kind):
    """Where a file is, or is to be."""

    expected = "a path"
    metavar = "PATH"


class ResultName(Name):
    """The name of a study or a search in the notebook, which `what` says."""

    def __init__(self, what: str):
        self.what = what


class ExplanationName(Name):
    """The name of an explanation in the notebook."""


@dataclass(frozen=True)
class Argument:
    """A word that follows the command without a flag."""

    name: str
    help: str
    kind: Kind
    required: bool = True


@dataclass(frozen=True)
class Keeping(Spec):
    """Where a result goes, besides being the cell's value."""

    out: str | None = option(None, "Name to keep the result under; short: -o.", Optional(Name()))


@dataclass(frozen=True)
class Call:
    """One use of a command: what was given, and the notebook it was given in."""

    shell: Any
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    #: The rest of the cell, for ``%%nnreg``.
    body: str | None = None
    #: The traits that ``%config NNRegMagics`` shows.
    preferences: Any = field(default=None, repr=False)

    def table(self, name: str) -> Any:
        """Return the notebook's object of that name, or the path where `name` is one. Raises DataError."""
        names = self.shell.user_ns
        if name in names:
            return names[name]
        if is_table_path(name):
            return name
        raise DataError(f'There is no table "{name}" in the notebook.{did_you_mean(name, frames_in(names))}')

    def regressor(self) -> Any:
        """Return the regressor that the call names, or the session's latest. Raises OptionError."""
        from nbreg.regressor import Regressor
        from nbreg.session import SESSION

        name = self.options.get("model")
        if name is None:
            return SESSION.latest
        found = self.shell.user_ns.get(name)
        if not isinstance(found, Regressor):
            known = [key for key, value in self.shell.user_ns.items() if isinstance(value, Regressor)]
            raise OptionError(f'There is no regressor "{name}" in the notebook.{did_you_mean(name, known)}')
        return found

    def result(self, what: str) -> Any:
        """Return the ``study`` or ``search`` that the call names, or the latest. Raises NbregError."""
        from nbreg.search.latest import LATEST

        name = self.options.get(what)
        if name is None:
            return LATEST.of(what)
        known = results_in(self.shell.user_ns, what)
        if name not in known:
            raise OptionError(f'There is no {what} "{name}" in the notebook.{did_you_mean(name, known)}')
        return self.shell.user_ns[name]

    def explanation(self) -> Any:
        """Return the explanation that the call names, or None where it names none. Raises OptionError."""
        from nbreg.explanation.explanation import Explanation

        name = self.options.get("explanation")
        found = self.shell.user_ns.get(name)
        if name is not None and not isinstance(found, Explanation):
            known = [key for key, value in self.shell.user_ns.items() if isinstance(value, Explanation)]
            raise OptionError(f'There is no explanation "{name}" in the notebook.{did_you_mean(name, known)}')
        return found


class Command(ABC):
    """The word after %nnreg. Its docstring is its help."""

    arguments: ClassVar[tuple[Argument, ...]] = ()
    specs: ClassVar[tuple[type[Spec], ...]] = (Keeping,)
    examples: ClassVar[tuple[str, ...]] = ()
    #: Whether ``%%nnreg`` with a body makes sense.
    takes_body: ClassVar[bool] = False

    def lacks(self, flag: str) -> str:
        """Return where to turn with a flag that it does not have; nothing where that is not known."""
        return ""

    @property
    def keeps_value(self) -> bool:
        """Whether --out names the cell's value; otherwise the command itself makes use of the name."""
        return True

    def of(self, words: Sequence[str]) -> Command:
        """Return the command that the words after its name make of it: its options may go by them."""
        return self

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        """Return the options under the heading that each has in the help."""
        return {"Options": {name: each for spec in self.specs for name, each in spec.options().items()}}

    def options(self) -> dict[str, Option]:
        """Return the options by name."""
        return {name: each for group in self.grouped_options().values() for name, each in group.items()}

    @abstractmethod
    def run(self, call: Call) -> Any:
        """Do it, and return the cell's value."""


COMMANDS: Registry[Command] = Registry("nbreg.magics.commands", "command")


def results_in(names: Mapping[str, Any], what: str) -> list[str]:
    """Return the names of the studies, or searches, in a namespace."""
    # Asked by name, for a Tab should import nothing.
    return [name for name, value in list(names.items()) if type(value).__name__ == what.title() and name[0] != "_"]


def frames_in(names: Mapping[str, Any]) -> list[str]:
    """Return the names of the tables in a namespace."""
    return list(tables_in(names))
