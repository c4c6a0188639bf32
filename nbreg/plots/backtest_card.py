"""How a backtest is shown: a table for each target, and how far forecasts are off at each step ahead."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any

from nbreg.evaluation import sheet
from nbreg.evaluation.wording import counted, listed, rounded
from nbreg.plots.pictures import PICTURES_STYLE, drawn, pictures_html

if TYPE_CHECKING:
    from nbreg.forecasting.backtest import Backtest


def backtest_text(backtest: Backtest) -> str:
    """Return what a backtest found as lines of text."""
    lines = [headline(backtest)]
    for target in backtest.targets:
        head, *rows = _table(backtest, target)
        lines += ["", *sheet.text_table([[target, *head[1:]], *rows])]
    return "\n".join([*lines, "", *(f"- {each}" for each in _notes(backtest))])


def backtest_html(backtest: Backtest) -> str:
    """Return what a backtest found as a piece of HTML that needs nothing beside it."""
    from nbreg.plots.forecast_errors import ForecastErrors

    body = [f'<p class="nbreg-headline">{escape(headline(backtest))}</p>\n']
    for target in backtest.targets:
        head, *rows = _table(backtest, target)
        best = min(range(len(rows)), key=lambda i, rows=rows: _rmse(backtest, target, rows[i][0]))  # type: ignore[misc]
        body.append(sheet.table(head, rows, target, {(best, 1)}))
    body.append(pictures_html(drawn([ForecastErrors.of(backtest)])))
    return sheet.sheet("".join([*body, sheet.notes(_notes(backtest))]), PICTURES_STYLE)


def backtest_bundle(backtest: Backtest) -> dict[str, Any]:
    """Return a backtest as text, HTML and PNG."""
    from nbreg.plots.forecast_errors import ForecastErrors

    (picture,) = drawn([ForecastErrors.of(backtest)])
    png = base64.b64encode(picture.png).decode("ascii")
    return {"text/plain": backtest_text(backtest), "text/html": backtest_html(backtest), "image/png": png}


def headline(backtest: Backtest) -> str:
    """Return in a sentence how the network does beside the best of the others."""
    parts = [_beside(backtest, target) for target in backtest.targets]
    reach = backtest.steps[-1].removeprefix("+")
    return f"Forecasts {reach} ahead from {counted(len(backtest.begins), 'origin')}: {listed(parts)}."


def _beside(backtest: Backtest, target: str) -> str:
    others = [model for model in backtest.errors if model != "network"]
    best = min(others, key=lambda model: _rmse(backtest, target, model))
    own, other = _rmse(backtest, target, "network"), _rmse(backtest, target, best)
    return f"{target} is missed by {rounded(own, 3)}, {rounded(own / other, 3)} × what {best} misses it by"


def _table(backtest: Backtest, target: str) -> list[list[str]]:
    i = backtest.targets.index(target)
    ridge = _rmse(backtest, target, "ridge")
    rows = [
        [
            model,
            rounded(_rmse(backtest, target, model), 3),
            rounded(float(backtest.rmse_by_step(model)[i, -1]), 3),
            rounded(backtest.mase(model)[target], 3),
            rounded(_rmse(backtest, target, model) / ridge, 3),
        ]
        for model in backtest.errors
    ]
    return [["model", "RMSE", f"RMSE at {backtest.steps[-1]}", "MASE", "RMSE / ridge's"], *rows]


def _rmse(backtest: Backtest, target: str, model: str) -> float:
    return backtest.rmse(model)[target]


def _notes(backtest: Backtest) -> list[str]:
    season = counted(backtest.season, "step")
    return [
        f"network: {backtest.network}. For each origin all models were trained anew, on what was known then.",
        f"MASE: errors over those of the seasonal naive forecast on the train rows, {season} back.",
    ]
