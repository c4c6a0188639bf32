"""The left side of a panel: a table, and the options of what is to be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbreg.errors import OptionError
from nbreg.panels import train_columns
from nbreg.panels.latest import Latest
from nbreg.panels.panel import Panel
from nbreg.panels.train_choices import Choices, tables
from nbreg.panels.train_task import Task

if TYPE_CHECKING:
    from nbreg.data.profile import Profile


class ChoosingPanel(Panel):
    """A panel in which a table and the options of a `task` are chosen.

    Whoever derives from it makes its `_chosen` and calls `_open` once it is made itself.
    """

    task: ClassVar[Task]

    tables: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The notebook's tables: name and size in words."""

    table = traitlets.Unicode("").tag(sync=True)
    """The name of the table that is learned from."""

    missing = traitlets.Unicode("").tag(sync=True)
    """What is still to be chosen before it can be trained; nothing where that is all."""

    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What each column holds, and what part it plays."""

    form: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The controls, made from the declared options."""

    choices = traitlets.Dict().tag(sync=True)
    """The value of each option, as plain data."""

    problems = traitlets.Dict().tag(sync=True)
    """For options whose last value was not taken: why."""

    summaries = traitlets.Dict().tag(sync=True)
    """For groups of choices, what they come to in a few words."""

    idle = traitlets.Dict().tag(sync=True)
    """The options that do nothing beside the others, and why."""

    line = traitlets.Unicode("").tag(sync=True)
    """The magic that does what the panel does."""

    code = traitlets.Unicode("").tag(sync=True)
    """The Python that does what the panel does."""

    _chosen: Choices
    _is_open = False

    def __init__(self, **traits: Any):
        self._profile: tuple[Any, Profile] | None = None
        self._aside = Latest(f"nbreg-{self.task.verb}-panel", self.show_trouble)
        super().__init__(choices=self._chosen.plain(), **traits)

    def _open(self, data: Any) -> None:
        """Take a table to begin with: `data`, or, without it, the first of the notebook's."""
        self.tables = tables()
        if data is not None or self.tables:
            self._take_table(self.tables[0]["name"] if data is None else data, must_fit=data is not None)
        self._is_open = True

    def choose(self, **choices: Any) -> None:
        """Change options of the next training. Raises OptionError for one that does not fit; then none is changed."""
        with self._lock:
            self._chosen.checked(choices)
            self._take(choices)
            self.choices = {}  # which brings the others

    def choose_table(self, data: Any) -> None:
        """Learn from another table: its name in the notebook, a path, or the table itself. Raises DataError."""
        self._take_table(data)
        self._changed()

    def _take_table(self, data: Any, must_fit: bool = False) -> None:
        with self._lock:
            self._chosen.take_table(data, must_fit=must_fit)
            self.tables, self.table = tables(), self._chosen.table
            self._profile = None

    @traitlets.validate("choices")
    def _merge(self, proposal: Any) -> dict[str, Any]:
        """Let some of the choices be assigned: the others stay."""
        with self._lock:
            self._take(proposal["value"])
            return self._chosen.plain()

    def _take(self, choices: Mapping[str, Any]) -> None:
        names = self._chosen.take(choices)
        self.problems = {name: text for name, text in self.problems.items() if name not in names}

    @traitlets.observe("choices")
    def _rechosen(self, change: Any) -> None:
        if self._is_open:  # else the panel is only being made
            self._changed()

    def _changed(self) -> None:
        """Show what follows from the choices, the slow parts of it a little later."""
        with self._lock:
            if self.choices != self._chosen.plain():
                self.choices = {}  # which brings the others
                return
            self._show_chosen()
            self._write_code()
        if self._chosen.data is not None:
            self._aside.ask(self._show_columns, "columns")
            self._aside.ask(self._show_draft, "draft")
        self.refresh_still()

    def _show_chosen(self) -> None:
        """Show what follows at once; called under the lock."""
        self.idle, self.missing = self._chosen.idle, self._chosen.missing

    def _write_code(self) -> None:
        """Write down the line and the Python that do the same."""

    def _show_draft(self) -> None:
        """Show what takes longer to find out of the choices, and, as trouble, what is wrong with them."""

    def _show_columns(self) -> None:
        options, found = self._chosen.options, self._looked_through()
        if found is not None:
            self.columns = train_columns.chips(found, self.task, options)

    def _looked_through(self) -> Profile | None:
        """Return what the columns of the table hold; None without one."""
        from nbreg.data.profile import profile

        # What a copy of the target was before is no leak to a forecast.
        data, target = self._chosen.data, () if self.task.of_series else self._chosen.options["target"]
        if data is None:
            return None
        if self._profile is None or self._profile[0] != (id(data), target):
            self._profile = (id(data), target), profile(data, target=target)
        return self._profile[1]

    def hear_choose(self, name: str, value: Any) -> None:
        """A control has a new value; one that is not taken is told at the control."""
        try:
            self.choose(**{name: value})
        except OptionError as error:
            self.problems = {**self.problems, name: str(error)}
