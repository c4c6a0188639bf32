"""A result as a piece of a page that stands alone: no script, no file beside it, light and dark.

Colours follow JupyterLab's theme where it says one, else VS Code's, else the reader's system. Where a page
takes the style sheet away (a notebook that is not trusted, a repository page) plain tables and headings stay.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from html import escape

_STYLE = """
.nbreg-sheet {
  --nbreg-ink: var(--jp-ui-font-color1, var(--vscode-editor-foreground, #1f2430));
  --nbreg-soft: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #5c6370));
  --nbreg-line: var(--jp-border-color2, var(--vscode-panel-border, #dfe2e8));
  --nbreg-tint: rgba(96, 140, 215, .2);
  color: var(--nbreg-ink); max-width: 1080px; padding: 4px 2px 8px; font-size: 13px; line-height: 1.45;
  font-family: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif);
}
@media (prefers-color-scheme: dark) {
  .nbreg-sheet {
    --nbreg-ink: var(--jp-ui-font-color1, var(--vscode-editor-foreground, #e3e6eb));
    --nbreg-soft: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #a2a9b5));
    --nbreg-line: var(--jp-border-color2, var(--vscode-panel-border, #3b414c));
  }
}
.nbreg-sheet p.nbreg-headline { font-size: 16px; line-height: 1.4; margin: 2px 0 10px; }
.nbreg-sheet p { margin: 6px 0; }
.nbreg-sheet ul { margin: 6px 0; padding-left: 20px; }
.nbreg-sheet li { margin: 2px 0; }
.nbreg-sheet .nbreg-facts { margin: 8px 0; }
.nbreg-sheet .nbreg-facts div { display: grid; grid-template-columns: 58px 1fr; gap: 12px; margin: 2px 0; }
.nbreg-sheet .nbreg-facts b { color: var(--nbreg-soft); font-weight: normal; }
.nbreg-sheet table {
  border-collapse: collapse; border: 0; margin: 10px 0; font-size: 12.5px; color: inherit;
  font-variant-numeric: tabular-nums; table-layout: auto;
}
.nbreg-sheet caption { text-align: left; color: var(--nbreg-soft); padding: 2px 0 4px; caption-side: top; }
.nbreg-sheet tr, .nbreg-sheet tbody tr:nth-child(n) { background: none; border: 0; }
.nbreg-sheet th, .nbreg-sheet td {
  border: 0; padding: 3px 9px; text-align: right; white-space: nowrap; background: none; color: inherit;
  vertical-align: baseline; max-width: none;
}
.nbreg-sheet th { font-weight: 600; }
.nbreg-sheet thead th { color: var(--nbreg-soft); font-weight: normal; border-bottom: 1px solid var(--nbreg-line); }
.nbreg-sheet tbody th { font-weight: normal; }
.nbreg-sheet th:first-child, .nbreg-sheet td:first-child { text-align: left; padding-left: 2px; }
.nbreg-sheet tbody tr + tr > * { border-top: 1px solid var(--nbreg-line); }
.nbreg-sheet td.nbreg-best { background: var(--nbreg-tint); }
"""


def sheet(body: str, style: str = "") -> str:
    """Return `body`, a piece of HTML, with all that it needs to be shown; `style` is CSS of its own."""
    return f'<div class="nbreg-sheet"><style>{_STYLE}{style}</style>\n{body}</div>'


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "", best: Container[tuple[int, int]] = ()
) -> str:
    """Return an HTML table of texts; `best` are the places (row, column) of cells to mark."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = "\n".join(f"<tr>{_cells(row, i, best)}</tr>" for i, row in enumerate(rows))
    above = f"<caption>{escape(caption)}</caption>\n" if caption else ""
    return f"<table>{above}<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table>\n"


def _cells(row: Sequence[str], i: int, best: Container[tuple[int, int]]) -> str:
    first = f'<th scope="row">{escape(row[0])}</th>'
    others = (
        f'<td class="nbreg-best"><b>{escape(text)}</b></td>' if (i, j) in best else f"<td>{escape(text)}</td>"
        for j, text in enumerate(row[1:], start=1)
    )
    return first + "".join(others)


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a list of names, each with what is said of it; texts are HTML already."""
    lines = "".join(f"<div><b>{name}</b> <span>{text}</span></div>\n" for name, text in pairs)
    return f'<div class="nbreg-facts">\n{lines}</div>\n'


def notes(lines: Sequence[str]) -> str:
    """Return a bulleted list of texts; nothing where there are none."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>\n" for line in lines) + "</ul>\n" if lines else ""


def text_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines in which the first column stands left and all others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        right = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *right]).rstrip())
    return lines
