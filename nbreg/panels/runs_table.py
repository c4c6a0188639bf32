"""The session's runs as a table to sort and filter: plain data for a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import count
from nbreg.fit_options import fit_options
from nbreg.panels.form import label
from nbreg.panels.runs_cells import EMPTY, Cell, choice_cell, is_numeric, loss_cell, metric_cell
from nbreg.panels.wording import duration

if TYPE_CHECKING:
    from nbreg.record import Training
    from nbreg.training.run import Run

#: Metrics by which runs are compared.
COMPARED = ("r2", "rmse", "mae")
#: Headings of groups of columns.
VALIDATION, TEST, OPTIONS, COURSE = "Validation", "Test", "Options that differ", "Training"


@dataclass(frozen=True)
class Column:
    """A column of the table; `numeric` ones stand right, `group` is the heading that it stands under.

    `better` says which value is the best: the "high" or the "low" one; empty where none is.
    """

    name: str
    title: str
    group: str = ""
    numeric: bool = False
    better: str = ""


@dataclass(frozen=True)
class Line:
    """One run: a cell for each column by its name, and what it may be compared with.

    `status` is the run's; `share` the part of its epochs that is done while it trains, `error` why it failed.
    """

    number: int
    cells: dict[str, Cell]
    status: str
    share: float | None
    error: str
    #: Values are comparable between runs for which these are the same.
    targets: tuple[str, ...]
    measure: tuple[Any, ...]

    #: What is searched: the text of each cell, after its title where that is an option's.
    texts: tuple[str, ...]

    def says(self, phrase: str) -> bool:
        """Return whether `phrase`, in small letters, stands in some cell as it is."""
        return any(phrase in text for text in self.texts)


@dataclass(frozen=True)
class RunsTable:
    """Columns and lines, one line a run in the order of their numbers."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    def column(self, name: str) -> Column | None:
        """Return the column of that name; None where there is none now, as an option that no longer differs."""
        return next((column for column in self.columns if column.name == name), None)

    def shown(self, sort: str, descending: bool, words: str) -> list[Line]:
        """Return the lines that say `words`, sorted by a column; runs without a value in it come last."""
        said = self.saying(words)
        name = sort if self.column(sort) else "number"
        known = [line for line in said if line.cells[name].key is not None]
        known.sort(key=lambda line: _sortable(line.cells[name].key), reverse=descending)
        return known + [line for line in said if line.cells[name].key is None]

    def saying(self, words: str) -> list[Line]:
        """Return the lines in which `words` stand in one cell, or, if there is none, each in some cell."""
        wanted = words.lower().split()
        together = [line for line in self.lines if line.says(" ".join(wanted))]
        return together or [line for line in self.lines if all(line.says(word) for word in wanted)]

    def best(self) -> dict[int, list[str]]:
        """Return, by number of a run, the columns in which no ended run that it can be compared with is better.

        Metrics can be compared between runs with the same target, losses where the loss is the same as well; of
        several targets none is the one to go by. Where there is nothing to compare with, nothing is best.
        """
        found: dict[int, list[str]] = {}
        for column in self.columns:
            for rivals in self._rivals(column):
                keys = {line.number: line.cells[column.name].key for line in rivals}
                first = (max if column.better == "high" else min)(keys.values())  # type: ignore[type-var]
                for number in (number for number, key in keys.items() if key == first and len(keys) > 1):
                    found.setdefault(number, []).append(column.name)
        return found

    def _rivals(self, column: Column) -> list[list[Line]]:
        groups: dict[Any, list[Line]] = {}
        for line in self.lines if column.better else ():
            if line.share is None and len(line.targets) == 1 and line.cells[column.name].key is not None:
                groups.setdefault((line.targets, line.measure if column.name == "best_val_loss" else ()), []).append(
                    line
                )
        return list(groups.values())


def runs_table(trainings: Sequence[Training], with_test: bool) -> RunsTable:
    """Return the table of some runs: how good they are on validation rows, what differs among them, how they went.

    With `with_test` the metrics on test rows as well.
    """
    choices = {each.number: each.choices() for each in trainings}
    known = fit_options()
    differing = [name for name in known if len({repr(of[name]) for of in choices.values()}) > 1]
    columns = (
        Column("number", "#", numeric=True),
        Column("name", "Name"),
        Column("status", "Status"),
        *_metric_columns("validation", VALIDATION),
        Column("best_val_loss", "Loss", VALIDATION, numeric=True, better="low"),
        *(_metric_columns("test", TEST) if with_test else ()),
        *(Column(name, label(known[name]), OPTIONS, is_numeric(known[name])) for name in differing),
        *((Column("from", "From", COURSE),) if any(each.run.start for each in trainings) else ()),
        Column("epochs_run", "Epochs run", COURSE, numeric=True),
        Column("best_epoch", "Best epoch", COURSE, numeric=True),
        Column("seconds", "Time", COURSE, numeric=True),
    )
    names = {each.number: each.name for each in trainings}
    lines = tuple(_line(each, choices[each.number], columns, names) for each in trainings)
    return RunsTable(columns, lines)


def _metric_columns(which: str, heading: str) -> list[Column]:
    return [
        Column(
            f"{which}_{name}", METRICS[name].title, heading, True, "high" if METRICS[name].higher_is_better else "low"
        )
        for name in COMPARED
    ]


def _line(training: Training, choices: dict[str, Any], columns: Sequence[Column], names: dict[int, str]) -> Line:
    run = training.run
    known = _course_cells(training, names)
    for which, found in (("validation", training.validation), ("test", training.test)):
        known |= {f"{which}_{name}": metric_cell(name, found) for name in COMPARED}
    options = [column.name for column in columns if column.group == OPTIONS]
    known |= {name: choice_cell(fit_options()[name], choices[name]) for name in options}
    return Line(
        number=training.number,
        cells={column.name: known[column.name] for column in columns},
        status=run.status,
        share=None if run.ended else round(min(1.0, run.progress / max(1, run.epochs)), 3),
        error=" ".join(str(run.error).split()) if run.error is not None else "",
        targets=training.target_names,
        measure=tuple(choices[name] for name in ("loss", "target_transform")),
        texts=tuple(_searched(column, known[column.name]) for column in columns),
    )


def _searched(column: Column, cell: Cell) -> str:
    return (f"{column.title} {cell.text}" if column.group == OPTIONS else cell.text).lower()


def _course_cells(training: Training, names: dict[int, str]) -> dict[str, Cell]:
    run, best = training.run, training.run.best
    origin = training.origin_words(names)
    return {
        "number": Cell(str(training.number), training.number),
        "name": Cell(training.name, training.name.lower()),
        "status": Cell(run.status, run.status),
        "from": Cell(origin, origin or None),
        "epochs_run": _epochs(run),
        "best_epoch": Cell(count(best.epoch), best.epoch) if best else EMPTY,
        "seconds": _seconds(run.seconds),
        "best_val_loss": loss_cell(run),
    }


def _epochs(run: Run) -> Cell:
    done = len(run.history)
    return Cell(count(done) if run.ended else f"{count(done)} of {count(run.epochs)}", done)


def _seconds(seconds: float) -> Cell:
    if not seconds:
        return EMPTY
    return Cell("< 1 s" if seconds < 1 else duration(seconds), seconds)


def _sortable(key: float | str | None) -> tuple[int, float, str]:
    return (1, 0.0, key) if isinstance(key, str) else (0, float(key or 0.0), "")
