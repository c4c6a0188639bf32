"""The card of a fit: what was trained, how good it is beside simpler models, and two pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from nbreg.errors import DataError
from nbreg.evaluation import sheet
from nbreg.evaluation.headline import headline
from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.report import Report
from nbreg.evaluation.wording import count, counted, listed
from nbreg.plots.comparison import Comparison, compare
from nbreg.plots.learning_curve import LearningCurve
from nbreg.plots.learning_rate import LearningRate
from nbreg.plots.pictures import PICTURES_STYLE, Picture, card_bundle, drawn, pictures_html, side_by_side
from nbreg.plots.plot import PlotInfo
from nbreg.plots.predicted_observed import PredictedObserved

_STYLE = """
.nbreg-sheet .nbreg-tables { display: flex; flex-wrap: wrap; gap: 4px 36px; }
.nbreg-sheet .nbreg-tables table { width: 448px; }
"""


@dataclass(frozen=True)
class Card:
    """A report to look at: HTML, PNG and text, each the same for the same report."""

    report: Report

    def __repr__(self) -> str:
        return "\n".join(_text(self.report))

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The learning curve, predicted against observed for each target, and the range test where there was one."""
        return drawn(_infos(self.report))

    @cached_property
    def png(self) -> bytes | None:
        """All pictures in one PNG, two side by side; None where there are none."""
        return side_by_side(self.pictures)

    def to_html(self, *, with_pictures: bool = True) -> str:
        """Return a piece of HTML that needs nothing beside it."""
        report = self.report
        body = [
            f'<p class="nbreg-headline">{escape(headline(report))}</p>\n',
            sheet.facts(_facts(report)),
            *_tables(report),
            sheet.notes(report.notices),
            pictures_html(self.pictures) if with_pictures else "",
        ]
        return sheet.sheet("".join(body), _STYLE + PICTURES_STYLE)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return card_bundle(repr(self), self.to_html(), self.png, self.pictures)


def card(report: Report) -> Card:
    """Return the card of a report."""
    return Card(report)


def _infos(report: Report) -> Iterator[PlotInfo]:
    with suppress(DataError):  # no epoch ended
        yield LearningCurve.of_report(report)
    with suppress(DataError):  # no rows to judge by
        yield from (PredictedObserved((panel,)) for panel in PredictedObserved.of_report(report).panels)
    with suppress(DataError):  # the learning rate was given
        yield LearningRate.of_report(report)


def _facts(report: Report) -> list[tuple[str, str]]:
    run = f'<span class="nbreg-run">{escape(_run(report))}</span>'
    return [
        ("rows", escape(_rows(report))),
        ("inputs", escape(_inputs(report))),
        ("network", escape(_network(report))),
        ("training", f"{escape(_training(report))}; {run}"),
    ]


def _rows(report: Report) -> str:
    parts = [f"{count(number)} {which}" for which, number in report.n_rows.items() if number]
    return f"{count(sum(report.n_rows.values()))}: {listed(parts)}"


def _inputs(report: Report) -> str:
    return f"{counted(report.n_features, 'feature')}, {counted(report.n_inputs, 'input')} after encoding"


def _network(report: Report) -> str:
    return f"{report.network}: {counted(report.n_parameters, 'parameter')}"


def _training(report: Report) -> str:
    start = f"; continued from {report.continued_from}" if report.continued_from else ""
    return f"{report.training}{start}"


def _run(report: Report) -> str:
    """Return how training went; epochs differ between processors, so that this is for HTML only."""
    how = {"finished": "finished after", "stopped": "stopped after", "failed": "failed after"}[report.status]
    best = f", best epoch {count(report.best_epoch)}" if report.best_epoch is not None else ""
    return f"{how} {count(report.epochs_run)} of {counted(report.epochs, 'epoch')}{best}"


def _comparisons(report: Report) -> list[Comparison]:
    kept = [which for which in ("test", "validation") if which in report.evaluations]
    return [compare(report, which, target) for target in report.targets for which in kept]


def _tables(report: Report) -> Iterator[str]:
    for target in report.targets:
        each = [_html_table(found, report) for found in _comparisons(report) if found.target == target]
        if each:
            yield f'<div class="nbreg-tables">{"".join(each)}</div>\n'


def _html_table(found: Comparison, report: Report) -> str:
    of = f"{found.target}, " if len(report.targets) > 1 else ""
    rows = [[metric.title, *texts] for metric, texts in zip(METRICS.values(), found.texts, strict=True)]
    best = {(i, j + 1) for i, j in found.best}
    caption = f"{of}{counted(found.n_rows, f'{found.rows} row')}"
    return sheet.table(["metric", *found.models], rows, caption, best)


def _text(report: Report) -> Iterator[str]:
    yield headline(report)
    yield ""
    yield f"rows      {_rows(report)}"
    yield f"inputs    {_inputs(report)}"
    yield f"network   {_network(report)}"
    yield f"training  {_training(report)}; {report.status}"
    for found in _comparisons(report):
        if found.rows == report.judged:
            yield ""
            yield from sheet.text_table(_text_rows(found))
    yield from ["", *(f"- {line}" for line in report.notices)] if report.notices else ()


def _text_rows(found: Comparison) -> list[list[str]]:
    marks = [
        [text + ("*" if (i, j) in found.best else " ") for j, text in enumerate(texts)]
        for i, texts in enumerate(found.texts)
    ]
    head = [f"{found.target}, {counted(found.n_rows, f'{found.rows} row')}", *(f"{model} " for model in found.models)]
    return [head, *([metric.title, *texts] for metric, texts in zip(METRICS.values(), marks, strict=True))]
