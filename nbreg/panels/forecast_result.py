"""What a forecast panel ends in: the picture of what comes, and the card of the forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.errors import NbregError
from nbreg.evaluation import sheet
from nbreg.panels.still import Still
from nbreg.panels.train_still import LINE_STYLE, line_html

if TYPE_CHECKING:
    from nbreg.forecasting.forecaster import Forecaster
    from nbreg.plots.card import Card
    from nbreg.plots.pictures import Picture


# Groups stand beside each other: the picture takes all the room that there is, and where that is little, scrolls.
_AHEAD_STYLE = """
.nbreg-sheet .nbreg-ahead { overflow-x: auto; }
.nbreg-sheet .nbreg-ahead .nbreg-pictures img { flex: none; min-width: 0; max-width: max(100%, 820px); }
"""


@dataclass(frozen=True)
class Result:
    """What a trained forecaster says of the steps behind its table, and how good it is.

    `ahead` is the picture of what comes, or why there is none, as HTML; `pictures` are that one and the card's.
    """

    card: Card
    ahead: str
    pictures: tuple[Picture, ...]
    why: str = ""

    @classmethod
    def of(cls, forecaster: Forecaster) -> Result:
        from nbreg.plots.card import card
        from nbreg.plots.pictures import PICTURES_STYLE, pictures_html

        about = card(forecaster.report_)
        ahead, why = _ahead(forecaster)
        told = pictures_html(ahead) if ahead else sheet.notes([why])
        html = sheet.sheet(f'<div class="nbreg-ahead">{told}</div>', PICTURES_STYLE + _AHEAD_STYLE)
        return cls(about, html, (*ahead, *about.pictures), why)

    def html(self) -> str:
        """Return what the panel shows beneath its own pictures."""
        return self.ahead + self.card.to_html(with_pictures=False)

    def still(self, line: str) -> Still:
        """Return a picture of the panel that needs no kernel, with the line that does the same."""
        from nbreg.plots.pictures import card_bundle, side_by_side

        text = "\n".join(filter(None, [line, "", repr(self.card), self.why]))
        html = sheet.sheet(line_html(line), LINE_STYLE) + self.ahead + self.card.to_html()
        data, metadata = card_bundle(text, html, side_by_side(self.pictures), self.pictures)
        return Still(data["text/plain"], data["text/html"], data.get("image/png", ""), metadata)


def _ahead(forecaster: Forecaster) -> tuple[tuple[Picture, ...], str]:
    """Return the picture of what comes, or, where that cannot be told from the table alone, why."""
    from nbreg.plots.forecast import ForecastPlot
    from nbreg.plots.pictures import drawn

    try:
        return drawn([ForecastPlot.of(forecaster)]), ""
    except NbregError as error:
        return (), str(error)
