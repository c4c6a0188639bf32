"""Predicted against observed values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.plots.pairs import TargetPairs, pairs_of
from nbreg.plots.plot import PLOTS, ReportPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report


@PLOTS.register("predicted_observed")
@dataclass(frozen=True)
class PredictedObserved(ReportPlot):
    """A panel for each target; points on the diagonal are predicted exactly."""

    title = "Predicted against observed"

    panels: tuple[TargetPairs, ...]

    @classmethod
    def of_report(cls, report: Report) -> PredictedObserved:
        return cls(pairs_of(report))

    @property
    def alt(self) -> str:
        each = [f"{panel.target} on {panel.sample}{panel.outside}: {panel.quality}" for panel in self.panels]
        return f"Predicted against observed values. {'; '.join(each).rstrip(': ')}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure, grid = theme.panels(len(self.panels))
        for axes, panel in zip(grid, self.panels, strict=True):
            draw_pairs(axes, panel)
        return figure


def draw_pairs(axes: Any, panel: TargetPairs) -> None:
    """Draw one target's points and the diagonal on `axes`."""
    import seaborn as sns

    from nbreg.plots import theme

    alpha = max(0.25, min(0.8, 400 / len(panel.observed)))
    sns.scatterplot(
        x=panel.observed, y=panel.predicted, ax=axes, s=15, alpha=alpha, color=theme.BLUE, linewidth=0, legend=False
    )
    axes.axline((panel.limits[0],) * 2, (panel.limits[1],) * 2, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set(
        xlim=panel.limits, ylim=panel.limits, xlabel=f"observed {panel.target}", ylabel=f"predicted {panel.target}"
    )
    axes.set_title(PredictedObserved.title)
    theme.people_ticks(axes.xaxis)
    theme.people_ticks(axes.yaxis)
    caption = "\n".join(part for part in (panel.quality, panel.sample + panel.outside) if part)
    axes.text(0.03, 0.97, caption, transform=axes.transAxes, va="top", fontsize=9, color=theme.SOFT)
