"""How it is shown where a regressor fails: groups of rows first, then single rows."""

from __future__ import annotations

from html import escape
from typing import Any

from nbreg.evaluation import sheet
from nbreg.evaluation.slices import Slice
from nbreg.evaluation.wording import NOTHING, counted, rounded, tick
from nbreg.evaluation.worst import OWN, Worst

#: So many features are shown beside a row's residual, and so many characters of a text.
MOST_FEATURES, _LONGEST = 12, 24
#: A mean residual is told as too low or too high where it is at least this share of the mean absolute one.
LEANING = 0.2

_STYLE = """
.nbreg-sheet .nbreg-wide { overflow-x: auto; }
.nbreg-sheet .nbreg-slices td:last-child, .nbreg-sheet .nbreg-slices th:last-child { text-align: left; }
.nbreg-sheet .nbreg-slices th[scope=row] { white-space: normal; min-width: 14ch; }
.nbreg-sheet .nbreg-slices td:last-child { white-space: normal; min-width: 14ch; }
"""


def worst_text(worst: Worst) -> str:
    """Return where a regressor fails as lines of text."""
    slices, rows = _slice_lines(worst), _row_lines(worst)
    lines = [headline(worst), ""]
    lines += [*_left_and_last(slices), ""] if worst.slices else []
    lines += [_rows_words(worst), *sheet.text_table(rows)] if len(worst.rows) else []
    said = _said(worst)
    return "\n".join([*lines, *(["", *(f"- {line}" for line in said)] if said else [])]).rstrip()


def worst_html(worst: Worst) -> str:
    """Return where a regressor fails as a piece of HTML that needs nothing beside it."""
    body = [f'<p class="nbreg-headline">{escape(headline(worst))}</p>\n']
    if worst.slices:
        head, *lines = _slice_lines(worst)
        table = sheet.table(head, lines, "Groups of rows with the largest residuals")
        body.append(f'<div class="nbreg-wide nbreg-slices">{table}</div>')
    if len(worst.rows):
        head, *lines = _row_lines(worst)
        body.append(f'<div class="nbreg-wide">{sheet.table(head, lines, _rows_words(worst))}</div>')
    return sheet.sheet("".join([*body, sheet.notes(_said(worst))]), _STYLE)


def headline(worst: Worst) -> str:
    """Return in a sentence where residuals are largest."""
    among = f"{counted(worst.n_rows, worst.what)}, where {worst.target} is missed by {rounded(worst.mae)} on average"
    if not worst.slices:
        return f"No group stands out among {among}."
    first = worst.slices[0]
    there = f"missed by {rounded(first.mae)} there, {_times(first)} the {rounded(worst.mae)}"
    return f"Worst where {first.words}: {worst.target} is {there} of all {counted(worst.n_rows, worst.what)}."


def bias_words(slice_: Slice) -> str:
    """Return which way predictions of a slice are wrong: ``too low by 1,200 on average``, or both ways."""
    if abs(slice_.bias) < LEANING * slice_.mae:
        return "off both ways"
    return f"too {'low' if slice_.bias > 0 else 'high'} by {rounded(abs(slice_.bias))} on average"


def _times(slice_: Slice) -> str:
    return f"{rounded(slice_.ratio)} ×"


def _slice_lines(worst: Worst) -> list[list[str]]:
    head = ["rows where", "rows", "MAE", "RMSE", "MAE of all", "predictions are"]
    lines = [
        [each.words, f"{each.n_rows:,}", rounded(each.mae), rounded(each.rmse), _times(each), bias_words(each)]
        for each in worst.slices
    ]
    return [
        head,
        *lines,
        [f"(all {worst.what}s)", f"{worst.n_rows:,}", rounded(worst.mae), rounded(worst.rmse), "", ""],
    ]


def _row_lines(worst: Worst) -> list[list[str]]:
    names = [str(name) for name in worst.rows.columns]
    shown = names[: len(OWN) + MOST_FEATURES]
    values = [worst.rows.iloc[:, i].tolist() for i in range(len(shown))]
    columns = [[_value(each, name in OWN[1:]) for each in held] for name, held in zip(shown, values, strict=True)]
    index = [str(label) for label in worst.rows.index]
    return [["row", *shown], *map(list, zip(index, *columns, strict=True))]


def _value(value: Any, is_predicted: bool) -> str:
    if value is None or value != value:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return rounded(float(value), 3) if is_predicted else tick(float(f"{value:.6g}"))
    text = str(value).removesuffix(" 00:00:00")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _rows_words(worst: Worst) -> str:
    return f"The {counted(len(worst.rows), worst.what)} with the largest residuals (observed − predicted)"


def _said(worst: Worst) -> list[str]:
    hidden = worst.rows.shape[1] - len(OWN) - MOST_FEATURES
    more = [f"{counted(hidden, 'more feature')}: see .rows."] if hidden > 0 and len(worst.rows) else []
    return [*worst.notices, *more]


def _left_and_last(lines: list[list[str]]) -> list[str]:
    """Return lines of text whose first and last columns stand left."""
    numbers = sheet.text_table([line[:-1] for line in lines])
    width = max(map(len, numbers))
    return [f"{number.ljust(width)}  {line[-1]}".rstrip() for number, line in zip(numbers, lines, strict=True)]
