"""The picture that a train panel leaves: the line, the figures, the curve, predicted against observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from nbreg.evaluation import sheet
from nbreg.panels.still import Still

if TYPE_CHECKING:
    from nbreg.data.profile import Profile
    from nbreg.panels.train_underway import Underway
    from nbreg.plots.plot import PlotInfo

#: Depends on the machine, and is no result.
_LEFT_OUT = ("Time",)

LINE_STYLE = """
.nbreg-sheet pre.nbreg-line { margin: 4px 0 10px; padding: 0; white-space: pre-wrap; color: inherit; background: none; }
"""


def before(line: str, profile: Profile | None) -> Still:
    """Return a picture of what could be trained: the line, and what the table holds."""
    if profile is None:
        return Still(line, sheet.sheet(line_html(line), LINE_STYLE))
    return Still(f"{line}\n\n{profile!r}", sheet.sheet(line_html(line), LINE_STYLE) + profile.to_html())


def after(line: str, shown: Underway, cards: Sequence[Mapping[str, str]]) -> Still:
    """Return a picture of what `shown`, the latest training, has come to."""
    from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, drawn, pictures_html, side_by_side

    pictures = drawn(_infos(shown))
    headline = f"{shown.name}: {shown.regressor.blueprint_.words()}, {_status(shown)}"
    rows = [[each["title"], each["value"], each["context"]] for each in cards if each["title"] not in _LEFT_OUT]
    body = [
        f'<p class="nbreg-headline">{escape(headline)}</p>\n',
        line_html(line),
        sheet.table(["", "", ""], rows) if rows else "",
        pictures_html(pictures),
    ]
    text = "\n".join([headline, line, *(" ".join(row) for row in rows)])
    html = sheet.sheet("".join(body), LINE_STYLE + PICTURES_STYLE)
    data, metadata = card_bundle(text, html, side_by_side(pictures), pictures)
    return Still(data["text/plain"], data["text/html"], data.get("image/png", ""), metadata)


def line_html(line: str) -> str:
    """Return the line that does the same, as HTML; its style is `LINE_STYLE`."""
    return f'<pre class="nbreg-line">{escape(line)}</pre>\n'


def _status(shown: Underway) -> str:
    run = shown.run
    epochs = f"{len(run.history):,} of {run.epochs:,} epochs"
    words = f"{run.status} after {epochs}" if run.ended else f"{run.status}, {epochs}"
    return f"{words}: {' '.join(str(run.error).split())}" if run.error else words


def _infos(shown: Underway) -> Iterator[PlotInfo]:
    from nbreg.plots.learning_curve import LearningCurve
    from nbreg.plots.predicted_observed import PredictedObserved

    yield LearningCurve.of_run(shown.run)
    if shown.pairs is not None:
        scores, seen = shown.pairs
        yield from (PredictedObserved((panel,)) for panel in scores.panels(seen))
