"""The card of an explanation: what the predictions hang on, how that was found out, and how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np

from nbreg.evaluation import sheet
from nbreg.evaluation.wording import NOTHING, count, counted, listed, rounded
from nbreg.explanation.checks.check import Checked
from nbreg.explanation.explanation import Explanation
from nbreg.plots.beeswarm import Beeswarm
from nbreg.plots.explanation_plot import measure
from nbreg.plots.importance import Importance
from nbreg.plots.pictures import PICTURES_STYLE, Picture, card_bundle, drawn, pictures_html, side_by_side

#: The headline names so many features, the card shows so many targets, the text so many features.
MOST_NAMED, MOST_TARGETS, MOST_LINES = 3, 3, 10
#: Gaps below this share of one are what float32 leaves, and differ between processors.
LEAST_GAP = 1e-6

_STYLE = """
.nbreg-sheet .nbreg-checks td, .nbreg-sheet .nbreg-checks th[scope=col] { text-align: left; white-space: normal; }
.nbreg-sheet .nbreg-checks td:nth-child(2) { min-width: 5em; }
.nbreg-sheet .nbreg-checks td:last-child { max-width: 60ch; }
"""


@dataclass(frozen=True)
class ExplanationCard:
    """An explanation to look at: HTML, PNG and text, each the same for the same explanation."""

    explanation: Explanation

    def __repr__(self) -> str:
        return "\n".join(_text(self.explanation))

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """Importance and beeswarm of each target, of the first few where there are many."""
        return drawn(info for each in _by_target(self.explanation) for info in _infos(each))

    @cached_property
    def png(self) -> bytes | None:
        """All pictures in one PNG, two side by side."""
        return side_by_side(self.pictures)

    def to_html(self) -> str:
        """Return a piece of HTML that needs nothing beside it."""
        explanation = self.explanation
        body = [
            f'<p class="nbreg-headline">{escape(headline(explanation))}</p>\n',
            sheet.facts([(name, escape(text)) for name, text in _facts(explanation)]),
            _checks(explanation),
            sheet.notes(_notices(explanation)),
            pictures_html(self.pictures),
        ]
        return sheet.sheet("".join(body), PICTURES_STYLE + _STYLE)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return card_bundle(repr(self), self.to_html(), self.png, self.pictures)


def explanation_card(explanation: Explanation) -> ExplanationCard:
    """Return the card of an explanation."""
    return ExplanationCard(explanation)


def headline(explanation: Explanation) -> str:
    """Return what the predictions hang on most, in a sentence for each target (of the first few)."""
    if not len(explanation):
        return "No row is explained."
    sentences = [_sentence(each) for each in _by_target(explanation)]
    return f"{'; '.join(sentences)}."


def completeness(gap: float) -> str:
    """Return how far attributions miss the predictions, rounded up to a power of ten, in per cent.

    So the words stay the same where the last bits do not.
    """
    exponent = math.ceil(round(math.log10(max(gap, LEAST_GAP)), 9)) + 2
    number = f"{10**exponent:,d}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"
    return f"attributions and base value add up to the predictions, to less than {number} % of their range"


def _by_target(explanation: Explanation) -> list[Explanation]:
    return [explanation.of_target(name) for name in explanation.target_names[:MOST_TARGETS]]


def _infos(explanation: Explanation) -> Iterator[Importance | Beeswarm]:
    if len(explanation):
        yield Importance.of_explanation(explanation)
        yield Beeswarm.of_explanation(explanation)


def _sentence(explanation: Explanation) -> str:
    importance = explanation.importance().head(MOST_NAMED)
    target = explanation.target_names[0]
    if not (importance > 0).any():
        return f"{target} hangs on none of the features"
    each = [f"{name} ({rounded(value)})" for name, value in importance.items() if value > 0]
    each[0] = each[0].removesuffix(")") + " on average)"
    return f"{target} hangs most on {listed(each)}"


def _facts(explanation: Explanation) -> list[tuple[str, str]]:
    facts = [("method", f"{explanation.method}: {explanation.words}"), ("rows", _rows(explanation))]
    if explanation.completeness_gap is not None:
        facts.append(("sum", completeness(explanation.completeness_gap)))
    if explanation.standard_errors is not None and explanation.standard_errors.size:
        facts.append(("chance", _largest_errors(explanation)))
    return facts


def _rows(explanation: Explanation) -> str:
    of = f"{counted(len(explanation), 'row')} of {counted(len(explanation.players), 'feature')} explained"
    has_background = explanation.base_values is not None
    return f"{of}, against a background of {counted(explanation.n_background, 'row')}" if has_background else of


def _largest_errors(explanation: Explanation) -> str:
    errors = [each.standard_errors for each in _by_target(explanation)]
    largest = [rounded(float(np.max(each))) for each in errors if each is not None]
    of = f" (of {listed(explanation.target_names[:MOST_TARGETS])})" if len(largest) > 1 else ""
    return f"largest standard error of a single attribution: {listed(largest)}{of}"


def _notices(explanation: Explanation) -> tuple[str, ...]:
    n_left = len(explanation.target_names) - MOST_TARGETS
    if n_left <= 0:
        return explanation.notices
    name = explanation.target_names[MOST_TARGETS]
    left = f'{counted(n_left, "more target")} explained and not shown here: .plot("importance", target="{name}").'
    return (*explanation.notices, left)


def _checks(explanation: Explanation) -> str:
    if not explanation.checks:
        return ""
    rows = [[check.title, check.text, _verdict(check), check.reading] for check in explanation.checks]
    good = {(i, 2) for i, check in enumerate(explanation.checks) if check.is_good}
    table = sheet.table(["check", "result", "verdict", "how to read it"], rows, best=good)
    return f'<div class="nbreg-checks">{table}</div>\n'


def _verdict(check: Checked) -> str:
    return {True: "good", False: "poor", None: NOTHING}[check.is_good]


def _text(explanation: Explanation) -> Iterator[str]:
    yield headline(explanation)
    yield ""
    yield from (f"{name:8}{text}" for name, text in _facts(explanation))
    for each in _by_target(explanation) if len(explanation) else ():
        yield ""
        yield from sheet.text_table(list(_importance_rows(each)))
    if explanation.checks:
        yield ""
        width = max(len(check.title) for check in explanation.checks)
        yield from (f"{_verdict(check):4}  {check.title:{width}}  {check.text}" for check in explanation.checks)
    notices = _notices(explanation)
    yield from ["", *(f"- {line}" for line in notices)] if notices else ()


def _importance_rows(explanation: Explanation) -> Iterator[list[str]]:
    importance, errors = explanation.importance(), explanation.importance_errors()
    yield [measure(explanation, mean=True), "", "standard error"]
    for name in importance.index[:MOST_LINES]:
        yield [str(name), rounded(importance[name]), rounded(errors[name])]
    if len(importance) > MOST_LINES:
        yield [f"and {count(len(importance) - MOST_LINES)} more", "", ""]
