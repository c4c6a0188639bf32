"""The runs panel: what was trained in this session, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from nbreg.errors import OptionError
from nbreg.evaluation.wording import counted
from nbreg.options import Option
from nbreg.panels import runs_still
from nbreg.panels.latest import Latest
from nbreg.panels.panel import PANELS, Panel
from nbreg.panels.runs_table import RunsTable, runs_table
from nbreg.panels.still import Still
from nbreg.panels.train_runs import curve_of
from nbreg.session import SESSION
from nbreg.training.run import Run

#: Most rows of a curve.
MOST_ROWS = 2_000
#: Seconds between two looks at runs that still train.
FOLLOW_EVERY = 1.0
#: So many curves can be told apart.
MOST_SELECTED = 8


@PANELS.register("runs")
class RunsPanel(Panel, scripts=("chart.js", "comparison.js", "runs.js"), styles=("curve.css", "runs.css")):
    """The runs of this session in a table to sort and filter, with the curves of the selected ones.

    Assign `sort`, `descending`, `words`, `selected` or `with_test` to change what is shown; the session itself is
    changed by `rename`, `delete` and `use`.
    """

    columns = traitlets.List().tag(sync=True)
    """The columns: what differs among the runs, how they went, how good they are."""

    lines = traitlets.List().tag(sync=True)
    """A line for each run that is shown, in the order in which it is."""

    count = traitlets.Unicode("").tag(sync=True)
    """How many runs there are, and are shown, in words."""

    sort = traitlets.Unicode("number").tag(sync=True)
    """The column that lines are sorted by."""

    descending = traitlets.Bool(True).tag(sync=True)
    """Whether the largest comes first."""

    words = traitlets.Unicode("").tag(sync=True)
    """Only runs in whose line all of these words are found are shown."""

    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    """The numbers of the runs whose curves are drawn; at most eight."""

    latest = traitlets.Int(0).tag(sync=True)
    """The number of the run that commands act on."""

    with_test = traitlets.Bool(False).tag(sync=True)
    """Whether metrics on the test rows are shown. To choose by them makes them too good to be true."""

    wishes = ("sort_by", "filter", "select", "show_test", "rename", "delete", "use")

    def __init__(self) -> None:
        self._watched: dict[int, Callable[[], None]] = {}
        self._aside = Latest("nbreg-runs-panel", self.show_trouble)
        self._following = Latest("nbreg-runs-panel-following", self.show_trouble)
        self._greeted = False
        super().__init__(title="Runs")
        self._refresh()
        self.selected = [each.number for each in SESSION.trainings if each.run.history][-MOST_SELECTED:]
        self._leave_session = SESSION.subscribe(lambda _: self._aside.ask(self._refresh))

    @classmethod
    def options(cls) -> dict[str, Option]:
        return {}

    @classmethod
    def opened(cls, data: Any, **options: Any) -> RunsPanel:
        if data is not None:
            raise OptionError("The runs panel takes no table: it shows what this session has trained.")
        return cls()

    def close(self) -> None:
        """Leave the notebook; the runs stay."""
        self._leave_session()
        for leave in self._watched.values():
            leave()
        super().close()

    def still(self) -> Still:
        chosen = [each for each in SESSION.trainings if each.number in self.selected and each.run.history]
        return runs_still.still(self._table.columns, self._shown(), chosen, self.count)

    # Looking

    def sort_by(self, column: str, descending: bool | None = None) -> None:
        """Sort by a column; by the same one again: the other way round."""
        turned = not self.descending if column == self.sort else column in ("number", *_better_high())
        self.sort, self.descending = column, turned if descending is None else descending

    def filter(self, words: str) -> None:
        """Show only runs in whose line all of these words are found."""
        self.words = words

    def select(self, runs: Sequence[int]) -> None:
        """Draw the curves of these runs. Raises OptionError for more than eight."""
        if len(runs) > MOST_SELECTED:
            raise OptionError(f"At most {MOST_SELECTED} curves can be told apart: take one away first.")
        self.selected = [SESSION.find(number).number for number in runs]

    def show_test(self, show: bool) -> None:
        """Show the metrics on the test rows, or hide them."""
        self.with_test = show

    # Changing the session

    def rename(self, run: Any, name: str) -> None:
        """Give a run another name. Raises OptionError."""
        SESSION.rename(run, name)

    def delete(self, run: Any) -> None:
        """Forget a run. Raises OptionError while it trains."""
        SESSION.delete(run)

    def use(self, run: Any) -> None:
        """Make an earlier run the latest: commands act on it from now on. Raises NbregError."""
        SESSION.use(run)

    def to_csv(self) -> str:
        """Return the runs as comma-separated values, numbers in full."""
        return SESSION.figures().to_csv()

    # What follows

    @traitlets.observe("sort", "descending", "words", "with_test")
    def _look_anew(self, change: Any) -> None:
        if hasattr(self, "_leave_session"):
            self._refresh()

    @traitlets.observe("selected")
    def _select_anew(self, change: Any) -> None:
        self._tell_curves()
        self.refresh_still()

    def _refresh(self) -> None:
        with self._lock:
            trainings = SESSION.trainings
            self._table: RunsTable = runs_table(trainings, self.with_test)
            shown = self._shown()
            self.columns = [vars(column) for column in self._table.columns]
            self.lines = [
                {"number": line.number, "cells": {name: cell.text for name, cell in line.cells.items()}}
                for line in shown
            ]
            total = counted(len(trainings), "run")
            self.count = total if len(shown) == len(trainings) else f"{len(shown)} of {total}"
            self.latest = SESSION.number_of_latest or 0
            known = {each.number for each in trainings}
            if not known.issuperset(self.selected):
                self.selected = [number for number in self.selected if number in known]
            self._watch({each.number: each.run for each in trainings if not each.run.ended})
        self.refresh_still()

    def _shown(self) -> list[Any]:
        return self._table.shown(self.sort, self.descending, self.words)

    def _watch(self, underway: dict[int, Run]) -> None:
        """Follow the runs that still train, so that their lines and curves are those of now."""
        for number in set(self._watched) - set(underway):
            self._watched.pop(number)()
        for number in set(underway) - set(self._watched):
            self._watched[number] = underway[number].subscribe(lambda _: self._following.ask(self._follow))

    def _follow(self) -> None:
        self._refresh()
        self._tell_curves()
        time.sleep(FOLLOW_EVERY)  # what comes meanwhile is one order

    # What views are told

    def hear_hello(self) -> None:
        """A new view is there: send it the curves."""
        self._greeted = True
        self._tell_curves()

    def hear_export(self) -> None:
        """Send the table as a file for the browser to keep."""
        self.tell("file", name="nbreg-runs.csv", text=self.to_csv())

    def _tell_curves(self) -> None:
        if not self._greeted:
            return
        chosen = [each for each in SESSION.trainings if each.number in self.selected and each.run.history]
        described = [
            {"number": each.number, "name": each.name, "start": each.run.start.epoch if each.run.start else 0}
            for each in chosen
        ]
        self.tell("curves", [curve_of(each.run, MOST_ROWS).tobytes() for each in chosen], runs=described)


def _better_high() -> tuple[str, ...]:
    return "validation_r2", "test_r2"
