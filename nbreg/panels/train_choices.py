"""What the train panel has been told to do: the table, the options, the run to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError, did_you_mean
from nbreg.evaluation.wording import count
from nbreg.fit_options import fit_options
from nbreg.options import Optional, Spec, option, refuse_unknown
from nbreg.panels.form import read, shown
from nbreg.panels.notebook_names import Name, name_of, notebook_names, tables_in

if TYPE_CHECKING:
    from nbreg.branching.branch import Branch
    from nbreg.regressor import Regressor

#: What a table is called that has no name in the notebook.
NAMELESS = "df"


@dataclass(frozen=True)
class Naming(Spec):
    """What the notebook gets of a panel's trainings."""

    out: str | None = option(
        None, "Name that the notebook gets for each regressor that is trained; short: -o.", Optional(Name())
    )


class Choices:
    """All options of ``nbreg.fit``, each with a value; a table, or None; and where to begin.

    `start` is empty, or says which run the training goes on from: its reference, number, name, epoch, and words.
    """

    def __init__(self, options: Mapping[str, Any]):
        known = fit_options()
        refuse_unknown(options, known)
        self.options = {name: each.check(options.get(name, each.default)) for name, each in known.items()}
        self.data: Any = None
        self.table = ""
        self.start: dict[str, Any] = {}
        self._branch: Branch | None = None  # held, so that its regressor stays at hand

    def plain(self) -> dict[str, Any]:
        """Return the options as plain data."""
        known = fit_options()
        return {name: shown(known[name], value) for name, value in self.options.items()}

    def take(self, given: Mapping[str, Any]) -> list[str]:
        """Change the options `given`, all or none of them, and return their names. Raises OptionError."""
        known = fit_options()
        refuse_unknown(given, known)
        chosen = {name: read(known[name], value) for name, value in given.items()}
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
        from nbreg.session import as_table

        names = notebook_names()
        if isinstance(data, str) and not data.lower().endswith((".csv", ".parquet")):
            found = tables_in(names)
            if data not in found:
                raise DataError(f'There is no table "{data}" in the notebook.{did_you_mean(data, found)}')
            data = found[data]
        frame = as_table(data)
        for name, columns in self._named_columns().items():
            if must_fit:
                check_known(frame, columns, f"the {name}")
            elif not set(columns) <= set(frame.columns):
                self.options[name] = fit_options()[name].default
        self.data, self.table = data, data if isinstance(data, str) else name_of(data, names) or NAMELESS

    def _named_columns(self) -> dict[str, tuple[str, ...]]:
        given = {name: self.options[name] for name in ("target", "features", "time", "group")}
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
        """Return what ``nbreg.fit`` takes besides the table."""
        return {**self.options, **({"start": self.start["ref"]} if self.start else {})}

    def check_ready(self) -> None:
        """Raise DataError where no table or no target is chosen."""
        if self.data is None:
            raise DataError("No table is chosen yet.")
        if not self.options["target"]:
            raise DataError("No target is chosen yet: say which column is to be predicted.")

    def draft(self) -> Regressor:
        """Return a regressor that has all but its training behind it. Raises NbregError for what does not fit."""
        from nbreg.session import draft

        self.check_ready()
        return draft(self.data, **self.arguments())[0]


def tables() -> list[dict[str, str]]:
    """Return the notebook's tables, name and size in words, as plain data."""
    return [{"name": name, "words": _size(table)} for name, table in tables_in(notebook_names()).items()]


def _size(table: Any) -> str:
    shape = getattr(table, "shape", None)
    return f"{count(shape[0])} × {count(shape[1])}" if shape else ""
