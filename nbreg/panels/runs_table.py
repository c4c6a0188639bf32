"""The session's runs as a table to sort and filter: plain data for a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import NOTHING, count
from nbreg.fit_options import fit_options
from nbreg.panels.wording import duration, figure

if TYPE_CHECKING:
    from nbreg.evaluation.evaluation import Evaluation
    from nbreg.record import Training

#: Metrics by which runs are compared.
COMPARED = ("r2", "rmse", "mae")


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and what it is sorted by: a number or a text; None comes last."""

    text: str
    key: float | str | None = None


@dataclass(frozen=True)
class Column:
    """A column of the table; `numeric` ones stand right, `group` tells what they are about."""

    name: str
    title: str
    group: str
    numeric: bool = False


@dataclass(frozen=True)
class Line:
    """One run: its number, and a cell for each column by its name."""

    number: int
    cells: dict[str, Cell]

    def says(self, words: str) -> bool:
        """Return whether each of `words` is found in some cell."""
        texts = " ".join(cell.text.lower() for cell in self.cells.values())
        return all(word in texts for word in words.lower().split())


@dataclass(frozen=True)
class RunsTable:
    """Columns and lines, one line a run in the order of their numbers."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    def shown(self, sort: str, descending: bool, words: str) -> list[Line]:
        """Return the lines that say `words`, sorted by a column; runs without a value in it come last."""
        said = [line for line in self.lines if line.says(words)]
        name = sort if any(column.name == sort for column in self.columns) else "number"
        known = [line for line in said if line.cells[name].key is not None]
        known.sort(key=lambda line: _sortable(line.cells[name].key), reverse=descending)
        return known + [line for line in said if line.cells[name].key is None]


def runs_table(trainings: Sequence[Training], with_test: bool) -> RunsTable:
    """Return the table of some runs: what differs among them, how they went, how good they are on validation rows.

    With `with_test` the metrics on test rows as well.
    """
    choices = {each.number: each.choices() for each in trainings}
    differing = [name for name in fit_options() if len({repr(of[name]) for of in choices.values()}) > 1]
    several = len({name for each in trainings for name in each.target_names}) > 1
    columns = (
        Column("number", "Run", "run", numeric=True),
        Column("name", "Name", "run"),
        *((Column("target", "Target", "run"),) if "target" not in differing and several else ()),
        *(Column(name, _title(name), "options") for name in differing),
        *((Column("from", "From", "run"),) if any(each.run.start for each in trainings) else ()),
        Column("status", "Status", "course"),
        Column("epochs", "Epochs", "course", numeric=True),
        Column("best_epoch", "Best epoch", "course", numeric=True),
        Column("time", "Time", "course", numeric=True),
        Column("loss", "Validation loss", "validation", numeric=True),
        *(Column(f"validation_{name}", METRICS[name].title, "validation", numeric=True) for name in COMPARED),
        *(Column(f"test_{name}", METRICS[name].title, "test", numeric=True) for name in COMPARED if with_test),
    )
    names = {each.number: each.name for each in trainings}
    lines = tuple(Line(each.number, _cells(each, choices[each.number], columns, names)) for each in trainings)
    return RunsTable(columns, lines)


def _cells(
    training: Training, choices: dict[str, Any], columns: Sequence[Column], names: dict[int, str]
) -> dict[str, Cell]:
    run = training.run
    best = run.best
    known = {
        "number": Cell(str(training.number), training.number),
        "name": Cell(training.name, training.name.lower()),
        "target": _choice(training.target_names),
        "from": Cell(words := training.origin_words(names), words or None),
        "status": Cell(run.status, run.status),
        "epochs": Cell(count(len(run.history)), len(run.history)),
        "best_epoch": Cell(count(best.epoch), best.epoch) if best else Cell(""),
        "time": Cell(duration(run.seconds), run.seconds) if run.seconds else Cell(""),
        "loss": _loss(training),
        **{f"validation_{name}": _metric(name, training.validation) for name in COMPARED},
    }
    wanted = {column.name for column in columns}
    if any(name.startswith("test_") for name in wanted):
        known |= {f"test_{name}": _metric(name, training.test) for name in COMPARED}
    options = {name: _choice(choices[name]) for name in wanted - set(known) if name in choices}
    return {name: cell for name, cell in {**known, **options}.items() if name in wanted}


def _loss(training: Training) -> Cell:
    best = training.run.best
    if best is None:
        return Cell("")
    value = best.val_loss if best.val_loss == best.val_loss else best.loss
    return Cell(figure(value), value)


def _metric(name: str, found: Evaluation | None) -> Cell:
    if found is None:
        return Cell("")
    values = [found.value(name, target) for target in found.targets]
    text = ", ".join(METRICS[name].show(value) for value in values)
    return Cell("" if text == NOTHING else text, values[0])


def _choice(value: Any) -> Cell:
    if value is None or value == ():
        return Cell("auto" if value is None else "")
    if isinstance(value, bool):
        return Cell("yes" if value else "no", float(value))
    if isinstance(value, (int, float)):
        return Cell(f"{value:g}", float(value))
    if isinstance(value, (tuple, list)):
        numbers = all(isinstance(each, (int, float)) for each in value)
        return Cell(("-" if numbers else ", ").join(map(str, value)), str(value))
    return Cell(str(value), str(value))


def _title(name: str) -> str:
    from nbreg.panels.form import label

    return label(name)


def _sortable(key: float | str | None) -> tuple[int, float, str]:
    return (1, 0.0, key) if isinstance(key, str) else (0, float(key or 0.0), "")
