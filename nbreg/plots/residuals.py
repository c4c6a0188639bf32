"""Residuals (observed - predicted) by prediction, and how they are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import rounded
from nbreg.plots.pairs import TargetPairs, pairs_of
from nbreg.plots.plot import PLOTS, ReportPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report


@PLOTS.register("residuals")
@dataclass(frozen=True)
class Residuals(ReportPlot):
    """A panel for each target, with the mean and the standard deviation of its residuals."""

    title = "Residuals"

    panels: tuple[TargetPairs, ...]

    @classmethod
    def of_report(cls, report: Report) -> Residuals:
        return cls(pairs_of(report))

    @property
    def spreads(self) -> tuple[tuple[float, float], ...]:
        """For each target, mean and standard deviation of the residuals, in target units."""
        return tuple((float(np.mean(panel.residuals)), float(np.std(panel.residuals))) for panel in self.panels)

    @property
    def alt(self) -> str:
        each = [
            f"{panel.target} on {panel.sample}: mean {rounded(mean)}, standard deviation {rounded(deviation)}"
            for panel, (mean, deviation) in zip(self.panels, self.spreads, strict=True)
        ]
        return f"Residuals, observed less predicted. {'; '.join(each)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0] * 1.45, theme.PANEL[1] * len(self.panels))
        grid = figure.subplots(len(self.panels), 2, squeeze=False, width_ratios=(3, 1), sharey="row")
        for (points, bars), panel, spread in zip(grid, self.panels, self.spreads, strict=True):
            _draw_points(points, panel)
            _draw_bars(bars, panel, spread)
        return figure


def _draw_points(axes: Any, panel: TargetPairs) -> None:
    import seaborn as sns

    from nbreg.plots import theme

    observed, predicted = map(np.asarray, panel.shown)
    alpha = max(0.25, min(0.8, 400 / len(panel.observed)))
    sns.scatterplot(
        x=predicted, y=observed - predicted, ax=axes, s=15, alpha=alpha, color=theme.BLUE, linewidth=0, legend=False
    )
    axes.axhline(0, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set(xlabel=f"predicted {panel.target}", ylabel="residual (observed − predicted)")
    axes.set_title(f"Residuals of {panel.target}{panel.outside}")
    theme.people_ticks(axes.xaxis)
    theme.people_ticks(axes.yaxis)


def _draw_bars(axes: Any, panel: TargetPairs, spread: tuple[float, float]) -> None:
    import seaborn as sns

    from nbreg.plots import theme

    observed, predicted = map(np.asarray, panel.shown)
    bins = max(8, min(40, len(observed) // 6))
    sns.histplot(y=observed - predicted, ax=axes, bins=bins, color=theme.BLUE, alpha=0.75, linewidth=0)
    axes.axhline(0, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set(xlabel="rows", ylabel="")
    axes.tick_params(labelleft=False)
    theme.people_ticks(axes.xaxis)
    axes.xaxis.get_major_locator().set_params(nbins=3)
    axes.set_title(f"mean {rounded(spread[0])}, s.d. {rounded(spread[1])}", fontweight="normal", fontsize=9)
