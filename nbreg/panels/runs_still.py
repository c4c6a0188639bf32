"""The picture that a runs panel leaves: its table, and the curves of the selected runs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from nbreg.evaluation import sheet
from nbreg.evaluation.wording import counted
from nbreg.panels.runs_table import TEST, VALIDATION, Column, Line, RunsTable
from nbreg.panels.still import Still

if TYPE_CHECKING:
    from nbreg.record import Training

_STYLE = """
.nbreg-sheet .nbreg-side-by-side { overflow-x: auto; }
.nbreg-sheet .nbreg-side-by-side :is(th, td):nth-child(2) { text-align: left; }
"""
#: Depends on the machine, and is no result.
_LEFT_OUT = ("seconds",)
#: Most lines of a picture.
_MOST_LINES = 30


def still(table: RunsTable, shown: Sequence[Line], chosen: Sequence[Training], count: str, latest: int) -> Still:
    """Return a picture of the `shown` lines of a table, and of the curves of the runs that are `chosen`."""
    from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, drawn, pictures_html, side_by_side
    from nbreg.plots.run_curves import RunCurves

    columns = [column for column in table.columns if column.name not in _LEFT_OUT]
    lines = shown[:_MOST_LINES]
    heads = [_head(column) for column in columns]
    rows = [[_text(line, column, latest) for column in columns] for line in lines]
    found = table.best()
    best = {
        (i, j) for i, line in enumerate(lines) for j, column in enumerate(columns)
        if column.name in found.get(line.number, ())
    }  # fmt: skip
    more = f"and {counted(len(shown) - len(lines), 'more run')}" if len(shown) > len(lines) else ""
    pictures = drawn([RunCurves.of_runs([(each.name, each.run) for each in chosen])]) if chosen else ()
    text = "\n".join([count, *(sheet.text_table([heads, *rows]) if rows else ()), *([more] if more else ())])
    body = [
        f'<p class="nbreg-headline">{escape(count)}</p>\n',
        f'<div class="nbreg-side-by-side">{sheet.table(heads, rows, best=best)}</div>\n' if rows else "",
        f"<p>{more}</p>\n" if more else "",
        pictures_html(pictures),
    ]
    html = sheet.sheet("".join(body), _STYLE + PICTURES_STYLE)
    data, metadata = card_bundle(text, html, side_by_side(pictures), pictures)
    return Still(data["text/plain"], data["text/html"], data.get("image/png", ""), metadata)


def _head(column: Column) -> str:
    is_figure = column.group in (VALIDATION, TEST)
    title = column.title if column.title.isupper() or column.title == "R²" else column.title.lower()
    return f"{column.group.lower()} {title}" if is_figure else column.title


def _text(line: Line, column: Column, latest: int) -> str:
    text = line.cells[column.name].kept
    return f"{text} (latest)" if column.name == "name" and line.number == latest else text
