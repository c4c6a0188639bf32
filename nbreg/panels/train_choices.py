"""What the train panel has been told to do: the table, the options, the run to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.data.frames import is_table_path
from nbreg.errors import DataError, did_you_mean
from nbreg.evaluation.wording import count
from nbreg.options import Optional, Spec, option, refuse_unknown
from nbreg.panels.form import read, shown
from nbreg.panels.notebook_names import Name, name_of, notebook_names, tables_in
from nbreg.panels.train_idle import check_together, idle_of
from nbreg.panels.train_task import FIT, Task

if TYPE_CHECKING:
    from nbreg.branching.branch import Branch
    from nbreg.regressor import Regressor

#: Options that name columns of the table.
_OF_COLUMNS = ("target", "features", "time", "group", "known")
#: What a table is called that has no name in the notebook.
NAMELESS = "df"


@dataclass(frozen=True)
class Naming(Spec):
    """What the notebook gets of a panel's trainings."""

    out: str | None = option(
        None, "Name that the notebook gets for each regressor that is trained; short: -o.", Optional(Name())
    )


class Choices:
    """All options of a task, such as ``nbreg.fit``, each with a value; a table, or None; and where to begin.

    Values of options that do nothing beside the others are remembered, and left out of `arguments`.
    `start` is empty, or says which run the training goes on from: its reference, number, name, epoch, and words.
    """

    def __init__(self, options: Mapping[str, Any], task: Task = FIT):
        self.task, self.known = task, task.options()
        self.options = {name: each.check(each.default) for name, each in self.known.items()}
        self.options |= self.checked(options)
        self.data: Any = None
        self.table = ""
        self.start: dict[str, Any] = {}
        self._branch: Branch | None = None  # held, so that its regressor stays at hand

    def plain(self) -> dict[str, Any]:
        """Return the options as plain data."""
        return {name: shown(self.known[name], value) for name, value in self.options.items()}

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options as they would be taken. Raises OptionError, also where they do not go with the others."""
        refuse_unknown(given, self.known)
        chosen = {name: read(self.known[name], value) for name, value in given.items()}
        check_together(chosen, self.options, self.known)
        return chosen

    def take(self, given: Mapping[str, Any]) -> list[str]:
        """Change the options `given`, all or none of them, and return their names. Raises OptionError."""
        refuse_unknown(given, self.known)
        chosen = {name: read(self.known[name], value) for name, value in given.items()}
        features = chosen.get("features", self.options["features"])
        if "target" in chosen and features is not None:  # what is to be predicted is not predicted from
            chosen["features"] = tuple(name for name in features if name not in chosen["target"]) or None
        self.options |= chosen
        return list(chosen)

    def take_table(self, data: Any, *, must_fit: bool = False) -> None:
        """Learn from another table: itself, its name in the notebook, or a path. Raises DataError.

        Choices that name a column which it does not have are back at their defaults, or, with `must_fit`, an error.
        """
        from nbreg.data.dataset import check_known
        from nbreg.data.streaming.stored import StoredTable, is_stored
        from nbreg.session import as_table

        names = notebook_names()
        if isinstance(data, str) and not is_table_path(data):
            found = tables_in(names)
            if data not in found:
                raise DataError(f'There is no table "{data}" in the notebook.{did_you_mean(data, found)}')
            data = found[data]
        frame: Any = StoredTable.open(data) if is_stored(data) else as_table(data)
        for name, columns in self._named_columns().items():
            if must_fit:
                check_known(frame, columns, f"the {name}")
            elif not set(columns) <= set(frame.columns):
                self.options[name] = self.known[name].default
        self.data, self.table = data, data if isinstance(data, str) else name_of(data, names) or NAMELESS

    def _named_columns(self) -> dict[str, tuple[str, ...]]:
        given = {name: self.options[name] for name in _OF_COLUMNS if name in self.options}
        return {name: (value,) if isinstance(value, str) else value for name, value in given.items() if value}

    def begin_at(self, branch: Branch, number: int) -> None:
        """Go on from an earlier run, with its choices. Raises OptionError."""
        self.options = branch.choices({})
        self._branch = branch
        words = f"from {branch.name} at epoch {count(branch.epoch)}"
        ref = f"{number}@{branch.epoch}"
        self.start = {"ref": ref, "number": number, "name": branch.name, "epoch": branch.epoch, "words": words}

    def begin_anew(self) -> None:
        """Begin with new weights."""
        self.start, self._branch = {}, None

    def arguments(self) -> dict[str, Any]:
        """Return what the task's function takes besides the table."""
        idle = self.idle
        options = {name: value for name, value in self.options.items() if name not in idle}
        return {**options, **({"start": self.start["ref"]} if self.start else {})}

    @property
    def idle(self) -> dict[str, str]:
        """The options that do nothing beside the others, and why."""
        return idle_of(self.options, self.known)

    @property
    def missing(self) -> str:
        """What is still to be chosen before it can be trained, in a few words."""
        return "Choose a table" if self.data is None else self.task.missing(self.options)

    def check_ready(self) -> None:
        """Raise DataError where no table, or no column that is needed, is chosen."""
        if self.missing:
            raise DataError(f"{self.missing}: nothing can be trained before.")

    def draft(self) -> Regressor:
        """Return a regressor that has all but its training behind it. Raises NbregError for what does not fit."""
        from nbreg.session import draft

        self.check_ready()
        return draft(self.data, estimator=self.task.estimator, **self.arguments())[0]


def tables() -> list[dict[str, str]]:
    """Return the notebook's tables, name and size in words, as plain data."""
    return [{"name": name, "words": _size(table)} for name, table in tables_in(notebook_names()).items()]


def _size(table: Any) -> str:
    shape = getattr(table, "shape", None)
    return f"{count(shape[0])} × {count(shape[1])}" if shape else ""
