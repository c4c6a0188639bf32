"""The picture that an explain panel leaves behind: the explanation's card, and the chosen row's waterfall."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any

from nbreg.evaluation import sheet
from nbreg.panels.still import Still
from nbreg.plots.pictures import PICTURES_STYLE, drawn, pictures_html
from nbreg.plots.plot import PlotChoices

if TYPE_CHECKING:
    from nbreg.plots.explanation_card import ExplanationCard


def words_still(words: str) -> Still:
    """Return words in the place of an explanation that is not there yet."""
    return Still(words, sheet.sheet(f"<p>{escape(words)}</p>\n"))


def explanation_still(card: ExplanationCard, target: str, row: Any, place: int | None) -> Still:
    """Return the card of an explanation, and below it what is said of a row: `row` is a panel's `chosen`.

    The waterfall is that of row `place` of the explanation, where the row is one of it, and nothing is changed. The
    card's own pictures are drawn once, however often this is called.
    """
    from nbreg.plots.waterfall import Waterfall

    explanation, html, text = card.explanation, card.to_html(), repr(card)
    if row:
        title = f"{row['words'][:1].upper()}{row['words'][1:]}"
        html += sheet.sheet(f'<p class="nbreg-headline">{escape(title)}</p>\n{_figures(row)}')
        text += f"\n\n{title}. {row['spoken']}"
    if place is not None and explanation.base_values is not None:
        waterfall = drawn([Waterfall.of_explanation(explanation.of_target(target), PlotChoices(row=place))])
        html += sheet.sheet(pictures_html(waterfall), PICTURES_STYLE)
    elif row:
        html += sheet.sheet(_steps(row))
    png = card.png
    metadata = {"image/png": {"alt": " ".join(picture.alt for picture in card.pictures)}} if png else {}
    return Still(text, html, base64.b64encode(png).decode("ascii") if png else "", metadata)


def _figures(row: Any) -> str:
    return sheet.facts([(escape(each["label"].lower()), escape(each["text"])) for each in row["figures"]])


def _steps(row: Any) -> str:
    lines = [["base value", "", row["base"]["text"], ""]]
    lines += [[step["name"], _values(step), step["words"], step["change"]] for step in row["steps"]]
    lines.append(["prediction", "", row["prediction"]["text"], ""])
    return sheet.table(["feature", "value", "attribution", "change"], lines) + f"<p>{escape(row['method'])}</p>\n"


def _values(step: Any) -> str:
    return f"{step['was']} → {step['text']}" if step["was"] else step["text"]
