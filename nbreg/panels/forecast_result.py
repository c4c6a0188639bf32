"""What a forecast panel ends in: the picture of what comes, and the card of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbreg.errors import NbregError
from nbreg.evaluation import sheet
from nbreg.panels.still import Still
from nbreg.panels.train_still import LINE_STYLE, line_html

if TYPE_CHECKING:
    from nbreg.forecasting.forecaster import Forecaster
    from nbreg.plots.pictures import Picture


def told(forecaster: Forecaster) -> Still:
    """Return what a trained forecaster says of the steps behind its table, and how good it is."""
    from nbreg.plots.card import card
    from nbreg.plots.pictures import PICTURES_STYLE, card_bundle, pictures_html, side_by_side

    about = card(forecaster.report_)
    ahead, why = _ahead(forecaster)
    pictures = (*ahead, *about.pictures)
    html = sheet.sheet(pictures_html(ahead) + sheet.notes(why), PICTURES_STYLE) + about.to_html()
    data, metadata = card_bundle("\n".join([repr(about), *why]), html, side_by_side(pictures), pictures)
    return Still(data["text/plain"], data["text/html"], data.get("image/png", ""), metadata)


def still(line: str, result: Still) -> Still:
    """Return a picture of the panel that needs no kernel: the line that does the same, and the `result` of `told`."""
    head = sheet.sheet(line_html(line), LINE_STYLE)
    return Still(f"{line}\n\n{result.text}", head + result.html, result.png, result.metadata)


def _ahead(forecaster: Forecaster) -> tuple[tuple[Picture, ...], list[str]]:
    """Return the picture of what comes, or, where that cannot be told from the table alone, why."""
    from nbreg.plots.forecast import ForecastPlot
    from nbreg.plots.pictures import drawn

    try:
        return drawn([ForecastPlot.of(forecaster)]), []
    except NbregError as error:
        return (), [str(error)]
