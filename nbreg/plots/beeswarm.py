"""Every row's attributions: a dot for each row and feature, coloured by the feature's value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.plots.explanation_plot import (
    ExplanationPlot,
    Floats,
    Shown,
    height_for,
    label_values,
    measure,
    most_important,
    of_rows,
    some_rows,
)
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.explanation import Explanation

#: More dots hide each other.
MOST_ROWS = 2_000


@PLOTS.register("beeswarm")
@dataclass(frozen=True, eq=False)
class Beeswarm(ExplanationPlot):
    """Dots to the right raise the prediction, dots to the left lower it; the colour is the feature's value.

    `values` ``(n_shown, n_lines)`` are attributions in target units; `numbers`, likewise, what dots are coloured by:
    NaN, drawn grey, where a row has no value, for groups, for features that do not differ, and for the others.
    """

    title = "Attributions"

    target: str
    names: tuple[str, ...]
    values: Floats
    numbers: Floats
    n_rows: int
    about_others: str
    measure: str
    is_additive: bool

    @classmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Beeswarm:
        shown = most_important(explanation)
        rows = some_rows(len(explanation), MOST_ROWS)
        return cls(
            target=explanation.target_names[0],
            names=shown.labels,
            values=shown.values[rows],
            numbers=_numbers(explanation, shown)[rows],
            n_rows=len(explanation),
            about_others=shown.about_others,
            measure=measure(explanation),
            is_additive=explanation.kind == "additive",
        )

    @property
    def alt(self) -> str:
        dots = f"a dot for each of {of_rows(len(self.values), self.n_rows)}, coloured by the feature's value"
        return f"Beeswarm: {self.measure}, {dots}. Features, the most important first: {', '.join(self.names)}."

    def figure(self) -> Figure:
        # Loaded before the house style is on: shap brings pyplot, which reads the style it finds.
        import shap.plots  # noqa: F401

        return super().figure()

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0], height_for(len(self.names)))
        axes = figure.subplots()
        self._draw_dots(axes)
        theme.label_lines(axes, [theme.wrapped(name) for name in self.names], upwards=True)
        what = self.title if self.is_additive else "Sensitivities"
        axes.set_title(f"{what}, {of_rows(len(self.values), self.n_rows)}")
        label_values(axes, self.measure, self.about_others)
        axes.tick_params(axis="x", labelsize=8.5, labelcolor=theme.SOFT)
        theme.people_ticks(axes.xaxis)
        if np.isfinite(self.numbers).any():
            theme.low_high_bar(figure, axes, "value of the feature")
        return figure

    def _draw_dots(self, axes: Any) -> None:
        import pandas as pd
        import shap

        from nbreg.plots import theme

        # Where a column has no numbers at all, shap colours it grey if it holds objects.
        known = [bool(np.isfinite(column).any()) for column in self.numbers.T]
        numbers = {i: column if known[i] else column.astype(object) for i, column in enumerate(self.numbers.T)}
        # shap's dots keep apart down to 1e-8: larger numbers make small units look as large ones do.
        unit = float(np.abs(self.values).max()) or 1.0
        dots = shap.Explanation(
            values=self.values / unit, data=pd.DataFrame(numbers), feature_names=[str(i) for i in numbers]
        )
        with _draws_fixed():
            shap.plots.beeswarm(
                dots, max_display=None, order=np.arange(len(self.names)), color=theme.low_to_high(), ax=axes,
                plot_size=None, show=False, color_bar=False, s=13, alpha=0.8,
            )  # fmt: skip
        for collection in axes.collections:
            collection.set_offsets(collection.get_offsets() * [unit, 1])
        axes.set_xlim(*_with_margin(self.values))


def _numbers(explanation: Explanation, shown: Shown) -> Floats:
    columns = [explanation.feature_numbers(name)[0] for name in shown.names]
    if shown.others_are_shown:
        columns.append(np.full(len(explanation), np.nan))
    numbers = np.column_stack(columns).astype(float)
    differs = [len(np.unique(column[np.isfinite(column)])) > 1 for column in numbers.T]
    return np.where(differs, numbers, np.nan)


def _with_margin(values: Floats) -> tuple[float, float]:
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


@contextmanager
def _draws_fixed() -> Iterator[None]:
    """Have the dots fall the same way each time, and leave numpy's global draws as they were: shap uses them."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)
