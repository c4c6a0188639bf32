"""The runs panel: what was trained in this session, side by side."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from nbreg.errors import OptionError, did_you_mean
from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import counted
from nbreg.panels import runs_still
from nbreg.panels.curve import curves_of
from nbreg.panels.latest import Latest
from nbreg.panels.panel import PANELS, Panel
from nbreg.panels.runs_table import Line, RunsTable, runs_table
from nbreg.panels.still import Still
from nbreg.record import Training
from nbreg.session import SESSION
from nbreg.training.run import Run

_SCRIPTS = (
    "controls.js", "picture.js", "chart.js", "comparison_chart.js", "curve_view.js", "comparison_view.js",
    "runs_row.js", "runs.js",
)  # fmt: skip
_STYLES = ("controls.css", "picture.css", "curve.css", "runs.css", "runs_table.css")

#: Most rows of a curve.
MOST_ROWS = 1_000
#: Seconds between two looks at runs that still train.
FOLLOW_EVERY = 1.0
#: So many curves can be told apart.
MOST_SELECTED = 8
#: So many runs, the last ones, are selected to begin with.
SELECTED_AT_FIRST = 5


@PANELS.register("runs")
class RunsPanel(Panel, view="runs", scripts=_SCRIPTS, styles=_STYLES):
    """The runs of this session in a table to sort and filter, with the curves of the selected ones.

    Assign `sort`, `descending`, `words`, `selected` or `with_test` to change what is shown; the session itself is
    changed by `rename`, `delete` and `use`. A run that begins while the panel is open is selected, while there is room.
    """

    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """The columns: how good the runs are, what differs among them, how they went."""

    lines: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """What the table says of each run, by its number as text."""

    order: traitlets.List[int] = traitlets.List(traitlets.Int()).tag(sync=True)
    """The numbers of the runs that are shown, in the order in which they are."""

    count = traitlets.Unicode("").tag(sync=True)
    """How many runs there are, and are shown, in words."""

    news = traitlets.Unicode("").tag(sync=True)
    """What has just changed, in words for screen readers."""

    sort = traitlets.Unicode("number").tag(sync=True)
    """The name of the column that runs are sorted by."""

    descending = traitlets.Bool(True).tag(sync=True)
    """Whether the largest comes first."""

    words = traitlets.Unicode("").tag(sync=True)
    """Only runs that say these words are shown: in one cell, or, if none does, each of them in some cell."""

    selected: traitlets.List[int] = traitlets.List(traitlets.Int()).tag(sync=True)
    """The numbers of the runs whose curves are drawn; at most eight."""

    colours: traitlets.Dict[str, int] = traitlets.Dict().tag(sync=True)
    """Which of eight colours, 1 to 8, each selected run has while it is selected, by its number as text."""

    latest = traitlets.Int(0).tag(sync=True)
    """The number of the run that commands act on; 0 where there is none."""

    with_test = traitlets.Bool(False).tag(sync=True)
    """Whether metrics on the test rows are shown. To choose by them makes them too good to be true."""

    wishes = ("sort_by", "filter", "select", "show_curve", "show_test", "rename", "delete", "use")

    def __init__(self) -> None:
        self._watched: dict[int, Callable[[], None]] = {}
        self._aside = Latest("nbreg-runs-panel", self.show_trouble)
        self._following = Latest("nbreg-runs-panel-following", self.show_trouble)
        self._n_looks, self._n_shown = itertools.count(1), 0
        self._table = RunsTable((), ())
        self._known: set[int] = set()
        self._greeted, self._closed = False, False
        super().__init__(title="Runs")
        self._refresh()
        self.selected = [each.number for each in SESSION.trainings if each.run.history][-SELECTED_AT_FIRST:]
        self._leave_session = SESSION.subscribe(lambda _: self._aside.ask(self._refresh))

    @classmethod
    def opened(cls, data: Any, **options: Any) -> RunsPanel:
        if data is not None:
            raise OptionError("The runs panel takes no table: it shows what this session has trained.")
        return cls()

    def close(self) -> None:
        """Leave the notebook; the runs stay."""
        self._closed = True
        self._leave_session()
        self._watch({})
        super().close()

    def still(self) -> Still:
        with self._lock:
            table, shown, count, latest = self._table, self._shown(), self.count, self.latest
        return runs_still.still(table, shown, self._chosen(), count, latest)

    # Looking

    def sort_by(self, column: str, descending: bool | None = None) -> None:
        """Sort by a column, the best first where one value is; by the same one again: the other way round.

        Raises OptionError where there is none of that name.
        """
        found = self._table.column(column)
        if found is None:
            names = [each.name for each in self._table.columns]
            raise OptionError(f'There is no column "{column}" in the table of runs.{did_you_mean(column, names)}')
        turned = not self.descending if column == self.sort else column == "number" or found.better == "high"
        with self.hold_trait_notifications():
            self.sort, self.descending = column, turned if descending is None else descending
        self.news = f"Sorted by {found.title}, {'largest' if self.descending else 'smallest'} first"

    def filter(self, words: str) -> None:
        """Show only runs that say these words: in one cell, or, if none does, each of them in some cell."""
        self.words = words

    def select(self, runs: Sequence[Any]) -> None:
        """Draw the curves of these runs. Raises OptionError for more than eight, or one that is not there."""
        self.selected = [SESSION.find(run).number for run in runs]

    def show_curve(self, run: Any, show: bool = True) -> None:
        """Draw the curve of a run as well, or no longer. Raises OptionError for a ninth."""
        number = SESSION.find(run).number
        others = [each for each in self.selected if each != number]
        self.selected = [*others, number] if show else others

    def show_test(self, show: bool = True) -> None:
        """Show the metrics on the test rows, or hide them."""
        self.with_test = show

    # Changing the session

    def rename(self, run: Any, name: str) -> None:
        """Give a run another name. Raises OptionError."""
        before = SESSION.find(run).name
        SESSION.rename(run, name)
        self._refresh()
        self.news = f"{before} is now called {SESSION.find(run).name}"

    def delete(self, run: Any) -> None:
        """Forget a run. Raises OptionError while it trains."""
        name = SESSION.find(run).name
        SESSION.delete(run)
        self._refresh()
        self.news = f"{name} was deleted"

    def use(self, run: Any) -> None:
        """Make an earlier run the latest: commands act on it from now on. Raises NbregError."""
        SESSION.use(run)
        self._refresh()
        self.news = f"{SESSION.find(run).name} is now the latest"

    def to_csv(self) -> str:
        """Return all runs as comma-separated values, numbers in full; metrics on test rows if they are shown."""
        figures = SESSION.figures()
        of_test = {f"test_{name}" for name in METRICS}
        hidden = [name for name in figures.columns if name.split(" ")[0] in of_test and not self.with_test]
        return str(figures.drop(columns=hidden).to_csv())

    # What follows

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> list[int]:
        if len(proposal["value"]) > MOST_SELECTED:
            raise OptionError(f"At most {MOST_SELECTED} curves can be told apart: take one away first.")
        return list(dict.fromkeys(proposal["value"]))

    @traitlets.observe("with_test")
    def _look_anew(self, change: Any) -> None:
        self._refresh()

    @traitlets.observe("sort", "descending", "words")
    def _order_anew(self, change: Any) -> None:
        with self._lock:
            self._show()
        self.refresh_still()

    @traitlets.observe("selected")
    def _select_anew(self, change: Any) -> None:
        with self._lock:
            kept = {str(number): self.colours[str(number)] for number in self.selected if str(number) in self.colours}
            free = iter(place for place in range(1, MOST_SELECTED + 1) if place not in kept.values())
            self.colours = {
                str(number): kept[str(number)] if str(number) in kept else next(free) for number in self.selected
            }
        self._tell_curves()
        self.refresh_still()

    def _refresh(self) -> None:
        """Look at the session anew: in the thread of whoever changed it here, else in one of our own."""
        look = next(self._n_looks)
        trainings = SESSION.trainings
        table = runs_table(trainings, self.with_test)  # without the lock: metrics may have to be computed
        with self._lock:
            if self._closed or look < self._n_shown:
                return
            self._n_shown = look
            with self.hold_sync():
                self._take(table, trainings)
            self._watch({each.number: each.run for each in trainings if not each.run.ended})
        self.refresh_still()

    def _take(self, table: RunsTable, trainings: Sequence[Training]) -> None:
        self._table = table
        self.columns = [vars(column) for column in table.columns]
        self.lines = _plain_lines(table)
        self.latest = SESSION.number_of_latest or 0
        self._show()
        self._select_new(trainings)

    def _show(self) -> None:
        shown, total = self._shown(), counted(len(self._table.lines), "run")
        self.order = [line.number for line in shown]
        self.count = total if len(shown) == len(self._table.lines) else f"{len(shown)} of {total}"

    def _shown(self) -> list[Line]:
        return self._table.shown(self.sort, self.descending, self.words)

    def _select_new(self, trainings: Sequence[Training]) -> None:
        """Leave out what is gone, and take in what has begun while there is room."""
        there = [each.number for each in trainings]
        begun = [number for number in there if number not in self._known] if self._known else []
        kept = [number for number in self.selected if number in there]
        self._known = set(there)
        self.selected = [*kept, *(number for number in begun if number not in kept)][:MOST_SELECTED]

    def _watch(self, underway: dict[int, Run]) -> None:
        """Follow the runs that still train, so that their lines and curves are those of now."""
        for number in set(self._watched) - set(underway):
            self._watched.pop(number)()
        for number in set(underway) - set(self._watched):
            self._watched[number] = underway[number].subscribe(lambda _: self._following.ask(self._follow))

    def _follow(self) -> None:
        if self._closed:
            return
        self._refresh()
        self._tell_curves()
        time.sleep(FOLLOW_EVERY)  # what comes meanwhile is one order

    # What views are told

    def hear_hello(self) -> None:
        """A new view is there: send it the curves."""
        self._greeted = True
        self._tell_curves()

    def hear_export(self, ticket: str = "") -> None:
        """Send the table as a file for the browser to keep; `ticket` tells the view that asked."""
        self.tell("file", name="nbreg_runs.csv", text=self.to_csv(), ticket=ticket)

    def _chosen(self) -> list[Training]:
        return [each for each in SESSION.trainings if each.number in self.selected and each.run.history]

    def _tell_curves(self) -> None:
        if not self._greeted or self._closed:
            return
        described, curves = curves_of(self._chosen(), MOST_ROWS)
        self.tell("curves", curves, runs=[{**run, "place": self.colours[str(run["number"])]} for run in described])


def _plain_lines(table: RunsTable) -> dict[str, dict[str, Any]]:
    """Return the lines of a table as JSON has them."""
    best = table.best()
    return {
        str(line.number): {
            "cells": {name: cell.text for name, cell in line.cells.items()},
            "status": line.status,
            "share": line.share,
            "error": line.error,
            "best": best.get(line.number, []),
        }
        for line in table.lines
    }
