"""How a profile is shown: a line for each column with its spread, and what to be warned of."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbreg.data.profile import ColumnProfile, Profile
from nbreg.evaluation import sheet
from nbreg.evaluation.wording import count, counted, listed

#: The spread of a column as text, in so many characters; and of a picture, in pixels.
_BLOCKS, _WIDTH = " ▁▂▃▄▅▆▇█", 12
_PICTURE = (120, 26)
#: A level's name is cut after so many characters.
_LONGEST = 18

_STYLE = """
.nbreg-sheet .nbreg-profile { overflow-x: auto; }
.nbreg-sheet .nbreg-profile tbody tr > * { vertical-align: middle; padding-top: 2px; padding-bottom: 2px; }
.nbreg-sheet .nbreg-profile tr > :nth-child(2), .nbreg-sheet .nbreg-profile tr > :nth-child(n+5) { text-align: left; }
.nbreg-sheet .nbreg-profile td.nbreg-levels { white-space: normal; min-width: 15ch; max-width: 46ch; }
.nbreg-sheet .nbreg-profile th[scope=row] {
  white-space: normal; overflow-wrap: break-word; min-width: 9ch; max-width: 30ch;
}
.nbreg-sheet .nbreg-profile svg { display: block; }
.nbreg-sheet .nbreg-profile rect { fill: var(--nbreg-bar); }
.nbreg-sheet .nbreg-warned { color: var(--nbreg-warning); }
.nbreg-sheet { --nbreg-bar: #5b82c4; --nbreg-warning: #9a5b00; }
body[data-jp-theme-light="false"] .nbreg-sheet, body.vscode-dark .nbreg-sheet {
  --nbreg-bar: #7ea3e0; --nbreg-warning: #e5a84b;
}
@media (prefers-color-scheme: dark) {
  body:not([data-jp-theme-light]):not([class*="vscode"]) .nbreg-sheet {
    --nbreg-bar: #7ea3e0; --nbreg-warning: #e5a84b;
  }
}
"""


def profile_text(profile: Profile) -> str:
    """Return a profile as lines of text."""
    head = ["", "kind", "missing", "distinct", "values", "spread"]
    rows = [head, *(_text_cells(each) for each in profile.columns)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    is_right = (False, False, True, True, False, False)
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, is_right, strict=True)
        ).rstrip()
        for row in rows
    ]
    notes = ["", *(f"! {line}" for line in profile.warnings)] if profile.warnings else []
    return "\n".join([headline(profile), "", *lines, *notes, *(["", _sampled(profile)] if _sampled(profile) else [])])


def profile_html(profile: Profile) -> str:
    """Return a profile as a piece of HTML that needs nothing beside it."""
    head = ("column", "kind", "missing", "distinct", "spread", "values")
    heads = "".join(f'<th scope="col">{text}</th>' for text in head)
    rows = "\n".join(f"<tr>{_html_cells(each)}</tr>" for each in profile.columns)
    body = [
        f'<p class="nbreg-headline">{escape(headline(profile))}</p>\n',
        _warnings(profile.warnings),
        f'<div class="nbreg-profile"><table><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>\n',
        sheet.notes([_sampled(profile)] if _sampled(profile) else []),
    ]
    return sheet.sheet("".join(body), _STYLE)


def headline(profile: Profile) -> str:
    """Return what kind of table it is, in a line."""
    kinds = [each.kind for each in profile.columns if each.role == "feature"]
    numbered = [_numbered(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)]
    words = f"{counted(profile.n_rows_on_disk or profile.n_rows, 'row')}, {counted(len(profile), 'column')}"
    to_predict = f" · target {', '.join(profile.target)}" if profile.target else ""
    return f"{words}{to_predict} · features: {listed(numbered)}" if kinds else f"{words}{to_predict}"


def _numbered(number: int, kind: str) -> str:
    if kind in ("empty", "unreadable"):
        return f"{count(number)} {kind}"
    return f"{count(number)} categories" if kind == "category" and number > 1 else counted(number, kind)


def spread_svg(column: ColumnProfile, width: int = _PICTURE[0], height: int = _PICTURE[1]) -> str:
    """Return a small picture of a column's spread, bars of the rows looked at; nothing where there is none."""
    numbers = _bars(column)
    if not numbers:
        return ""
    step = width / max(len(numbers), 6)
    tallest = max(numbers) or 1
    bars = []
    for i, number in enumerate(numbers):
        # A bar that stands for any row at all is seen.
        tall = max(1.0, (height - 2) * number / tallest) if number else 0.0
        bars.append(f'<rect x="{i * step:.1f}" y="{height - tall:.1f}" width="{step - 1:.1f}" height="{tall:.1f}"/>')
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(spread_words(column))}">{"".join(bars)}</svg>'
    )


def spread_words(column: ColumnProfile, most: int = 3) -> str:
    """Return a column's values in words: from where to where, or `most` of its most frequent levels."""
    if column.levels:
        return _level_words(column, most)
    if column.kind == "boolean" and len(column.counts) == 2:
        return f"true {_share(column.counts[1], column)}"
    if not column.low:
        return ""
    return column.low if column.low == column.high else f"{column.low} to {column.high}"


def _level_words(column: ColumnProfile, most: int) -> str:
    # Where no level is frequent, their shares say nothing.
    has_shares = column.levels[0][1] >= 0.01 * column.n_counted
    shown = [_cut(name) + (f" {_share(number, column)}" if has_shares else "") for name, number in column.levels[:most]]
    n_others = len(column.levels) - len(shown) + column.n_other_levels
    return ", ".join([*shown, counted(n_others, "other")] if n_others > 0 else shown)


def distinct_words(column: ColumnProfile) -> str:
    """Return how many values a column has, as far as they were counted."""
    return f"> {count(column.n_distinct)}" if column.has_more_distinct else count(column.n_distinct)


def missing_words(column: ColumnProfile) -> str:
    """Return which share of a column's rows is missing; nothing where none is."""
    share = column.n_missing / column.n_rows
    if not column.n_missing:
        return ""
    if share == 1:
        return "100 %"
    return "< 1 %" if share < 0.01 else f"{min(99, round(100 * share))} %"


def _share(number: int, column: ColumnProfile) -> str:
    share = number / column.n_counted
    return "< 1 %" if share < 0.005 else f"{round(100 * share)} %"


def _bars(column: ColumnProfile) -> Sequence[int]:
    return column.counts or tuple(number for _, number in column.levels)


def _text_cells(column: ColumnProfile) -> list[str]:
    mark = "! " if column.warning else "  "
    target = " (target)" if column.role == "target" else ""
    cells = [column.kind, missing_words(column), distinct_words(column), spread_words(column, 2), _sparkline(column)]
    return [mark + column.name + target, *cells]


def _sparkline(column: ColumnProfile) -> str:
    """Return a column's spread as characters, two neighbouring bins in one where there are many."""
    numbers = list(_bars(column))
    if len(numbers) > _WIDTH:
        numbers = [sum(numbers[i : i + 2]) for i in range(0, len(numbers), 2)]
    tallest = max(numbers, default=0) or 1
    return "".join(_BLOCKS[-(-number * (len(_BLOCKS) - 1) // tallest)] for number in numbers)


def _html_cells(column: ColumnProfile) -> str:
    mark = f'<span class="nbreg-warned" title="{escape(column.warning)}">⚠&nbsp;</span>' if column.warning else ""
    name = f"<b>{escape(column.name)}</b> (target)" if column.role == "target" else escape(column.name)
    numbers = "".join(f"<td>{escape(text)}</td>" for text in (missing_words(column), distinct_words(column)))
    words, wraps = (
        escape(spread_words(column)).replace(" %", "&nbsp;%"),
        ' class="nbreg-levels"' if column.levels else "",
    )
    return (
        f'<th scope="row">{mark}{name}</th><td>{column.kind}</td>{numbers}'
        f"<td>{spread_svg(column)}</td><td{wraps}>{words}</td>"
    )


def _warnings(lines: Sequence[str]) -> str:
    items = "".join(f'<li><span class="nbreg-warned">⚠</span> {escape(line)}</li>\n' for line in lines)
    return f'<ul style="list-style: none; padding-left: 2px">\n{items}</ul>\n' if lines else ""


def _sampled(profile: Profile) -> str:
    if profile.n_rows_on_disk:
        return f"All this is of {counted(profile.n_rows, 'row')} drawn at random: the table is large for the memory."
    if profile.n_sampled == profile.n_rows:
        return ""
    return f"Spreads are those of {counted(profile.n_sampled, 'row')} drawn at random; gaps and ranges are of all rows."


def _cut(text: str) -> str:
    text = text if text.strip() else "(blank)"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
