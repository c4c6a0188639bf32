"""All rows side by side: which attributions go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.plots.explanation_plot import (
    ExplanationPlot,
    Floats,
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

#: More rows are narrower than a point of the screen.
MOST_ROWS = 500
#: Single attributions beyond this share of all do not fade the others.
BULK = 99.0


@PLOTS.register("heatmap")
@dataclass(frozen=True, eq=False)
class Heatmap(ExplanationPlot):
    """A column for each row of the table, similar ones side by side; a line for each feature; predictions above.

    `values` ``(n_shown, n_lines)`` in target units; `rows` ``(n_shown,)`` are the positions of the columns in the
    explanation, in the order of Ward's clustering (1963) of the attributions.
    """

    title = "Attributions by row"

    target: str
    names: tuple[str, ...]
    values: Floats
    predictions: Floats
    rows: tuple[int, ...]
    n_rows: int
    about_others: str
    measure: str

    @classmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Heatmap:
        shown = most_important(explanation)
        rows = some_rows(len(explanation), MOST_ROWS)
        rows = rows[_similar_together(explanation.values[rows])]
        return cls(
            target=explanation.target_names[0],
            names=shown.labels,
            values=shown.values[rows],
            predictions=explanation.predictions[rows],
            rows=tuple(rows.tolist()),
            n_rows=len(explanation),
            about_others=shown.about_others,
            measure=measure(explanation),
        )

    @property
    def limit(self) -> float:
        """The size of attribution that has the strongest colour."""
        sizes = np.abs(self.values)
        return float(np.percentile(sizes, BULK)) or float(sizes.max()) or 1.0

    @property
    def alt(self) -> str:
        of = of_rows(len(self.rows), self.n_rows)
        return f"Heat map: {self.measure} in {of}, similar rows side by side. Features: {', '.join(self.names)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0] * 1.3, 0.9 + height_for(len(self.names)))
        above, axes = figure.subplots(2, 1, height_ratios=(0.9, height_for(len(self.names)) - 0.8), sharex=True)
        self._draw_predictions(above)
        self._draw_map(figure, axes)
        theme.label_lines(axes, [theme.wrapped(name) for name in self.names])
        axes.set_ylim(len(self.names) - 0.5, -0.5)
        words = f"{of_rows(len(self.rows), self.n_rows)}, similar ones side by side"
        label_values(axes, words, self.about_others)
        axes.tick_params(labelbottom=False)
        axes.grid(visible=False)
        above.set_title(self.title if self.measure.startswith("attribution") else "Sensitivities by row")
        return figure

    def _draw_predictions(self, axes: Any) -> None:
        import seaborn as sns
        from matplotlib.ticker import MaxNLocator

        from nbreg.plots import theme

        x, y = _stairs(self.predictions)
        sns.lineplot(x=x, y=y, ax=axes, color=theme.INK, linewidth=0.9, errorbar=None, estimator=None, sort=False)
        theme.people_ticks(axes.yaxis)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
        axes.set_ylabel("prediction")
        axes.tick_params(labelbottom=False)
        axes.grid(visible=False, axis="x")

    def _draw_map(self, figure: Any, axes: Any) -> None:
        from nbreg.plots import theme

        is_signed = bool((self.values < 0).any())
        colors = theme.below_to_above() if is_signed else theme.zero_to_above()
        image = axes.imshow(
            self.values.T, aspect="auto", interpolation="nearest", cmap=colors, vmin=-self.limit if is_signed else 0,
            vmax=self.limit,
        )  # fmt: skip
        bar = figure.colorbar(image, ax=axes, aspect=28, pad=0.02, extend=self._beyond(is_signed))
        bar.outline.set_visible(False)
        bar.set_label(theme.wrapped(self.measure, 40))
        theme.people_ticks(bar.ax.yaxis)

    def _beyond(self, is_signed: bool) -> str:
        too_high, too_low = (
            bool((self.values > self.limit).any()),
            is_signed and bool((self.values < -self.limit).any()),
        )
        return {(True, True): "both", (True, False): "max", (False, True): "min"}.get((too_high, too_low), "neither")


def _similar_together(values: Floats) -> Any:
    """Return an order of rows ``(n,)`` in which similar ones stand together."""
    if len(values) < 3 or not np.ptp(values, axis=0).any():
        return np.arange(len(values))
    from scipy.cluster.hierarchy import leaves_list, linkage

    unit = np.abs(values).max()
    return leaves_list(linkage(values / unit, "ward", optimal_ordering=len(values) <= MOST_ROWS))


def _stairs(values: Floats) -> tuple[Floats, Floats]:
    """Return the corners of a line that has each value for the width of its row."""
    edges = np.arange(len(values))[:, None] + [-0.5, 0.5]
    return edges.ravel(), np.repeat(values, 2)
