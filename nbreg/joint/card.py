"""A joint prediction as text and as a piece of a page."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from nbreg.evaluation import sheet
from nbreg.evaluation.wording import counted, listed, of_one, per_cent, rounded, tick

if TYPE_CHECKING:
    from nbreg.joint.prediction import JointPrediction

#: So many rows and targets are shown.
MOST_ROWS, MOST_TARGETS = 5, 8


def joint_text(found: JointPrediction) -> str:
    """Return a joint prediction as lines of text."""
    tables = [rows for _, rows in _tables(found)]
    return "\n".join([headline(found), *(line for rows in tables for line in ("", *sheet.text_table(rows)))])


def joint_html(found: JointPrediction) -> str:
    """Return a joint prediction as a piece of HTML that needs nothing beside it."""
    body = "".join(sheet.table(rows[0], rows[1:], caption) for caption, rows in _tables(found))
    return sheet.sheet(f'<p class="nbreg-headline">{escape(headline(found))}</p>\n{body}')


def headline(found: JointPrediction) -> str:
    """Return one line about what is predicted."""
    given = f" given {listed([_known(name, values) for name, values in found.known.items()])}" if found.known else ""
    n_components = found.gaussians.weights.shape[1]
    kind = "normal distributions" if n_components == 1 else f"mixtures of {n_components} normal distributions"
    draws = f"; {counted(found.spec.samples, 'draw')} a row" if found.spec.samples else ""
    return f"{_listed(found.target_names)}{given}, {counted(found.n_rows, 'row')}: {kind}{draws}"


def _known(name: str, values: np.ndarray) -> str:
    return f"{name} = {tick(float(values[0]))}" if np.ptp(values) == 0 else f"{name} of each row"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_TARGETS
    return listed([*names[:MOST_TARGETS], f"{more} more"]) if more > 0 else listed(names)


def _tables(found: JointPrediction) -> list[tuple[str, list[list[str]]]]:
    """Return captions and lines of texts, each with its head: the first rows, then the correlations."""
    level = per_cent(found.spec.level)
    tables = [(f"mean, and the interval in which a target is with a probability of {level}", _rows(found))]
    return [*tables, ("correlation of the noise", _correlations(found))] if len(found.target_names) > 1 else tables


def _rows(found: JointPrediction) -> list[list[str]]:
    n = min(found.n_rows, MOST_ROWS)
    first = replace(found, gaussians=found.gaussians.rows(np.arange(n)), rows=found.rows[:n], known={})
    lower, upper = first.interval()
    names = first.target_names[:MOST_TARGETS]
    lines = [
        [str(row), *(_cell(first.mean[i, j], lower[i, j], upper[i, j]) for j in range(len(names)))]
        for i, row in enumerate(first.rows)
    ]
    return [["row", *names], *lines]


def _cell(mean: float, lower: float, upper: float) -> str:
    return f"{rounded(mean, 3)} ({rounded(lower, 3)} to {rounded(upper, 3)})"


def _correlations(found: JointPrediction) -> list[list[str]]:
    names = found.target_names[:MOST_TARGETS]
    values = found.noise_correlation.to_numpy()
    lines = [[name, *(of_one(values[i, j]) for j in range(len(names)))] for i, name in enumerate(names)]
    return [["noise", *names], *lines]
