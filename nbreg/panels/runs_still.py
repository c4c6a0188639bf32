"""The picture that a runs panel leaves: its table, and the curves of the selected runs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from nbreg.evaluation import sheet
from nbreg.panels.runs_table import Column, Line
from nbreg.panels.still import Still

if TYPE_CHECKING:
    from nbreg.record import Training

_STYLE = ".nbreg-sheet .nbreg-runs { overflow-x: auto; }"
#: Depends on the machine, and is no result.
_LEFT_OUT = ("time",)


def still(columns: Sequence[Column], lines: Sequence[Line], chosen: Sequence[Training], count: str) -> Still:
    """Return a picture of the table of runs as it is shown, and of the curves of those that are `chosen`."""
    from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, drawn, pictures_html, side_by_side
    from nbreg.plots.run_curves import RunCurves

    shown = [column for column in columns if column.name not in _LEFT_OUT]
    rows = [[line.cells[column.name].text for column in shown] for line in lines]
    heads = [f"test {column.title}" if column.group == "test" else column.title for column in shown]
    pictures = drawn([RunCurves.of_runs([(each.name, each.run) for each in chosen])]) if chosen else ()
    text = "\n".join([count, *(sheet.text_table([heads, *rows]) if rows else ())])
    body = [
        f'<p class="nbreg-headline">{escape(count)}</p>\n',
        f'<div class="nbreg-runs">{sheet.table(heads, rows)}</div>' if rows else "",
        pictures_html(pictures),
    ]
    html = sheet.sheet("".join(body), _STYLE + PICTURES_STYLE)
    data, metadata = card_bundle(text, html, side_by_side(pictures), pictures)
    return Still(data["text/plain"], data["text/html"], data.get("image/png", ""), metadata)
