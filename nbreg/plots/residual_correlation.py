"""Which targets' residuals (observed - predicted) go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError
from nbreg.evaluation.wording import listed
from nbreg.plots.pairs import pairs_of
from nbreg.plots.plot import PLOTS, ReportPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report

#: Of more targets, squares are too small for their numbers.
MOST_NUMBERS = 12


@PLOTS.register("residual_correlation")
@dataclass(frozen=True, eq=False)
class ResidualCorrelation(ReportPlot):
    """A square for each two targets: Pearson's correlation of their residuals, `values` ``(n_targets, n_targets)``.

    What is left of one target then tells of the other: a joint head (``--joint``) makes use of it. Where the residuals
    of a target are all the same, NaN.
    """

    title = "Correlation of residuals"

    targets: tuple[str, ...]
    values: NDArray[np.float64]
    sample: str

    @classmethod
    def of_report(cls, report: Report) -> ResidualCorrelation:
        panels = pairs_of(report)
        if len(panels) < 2:
            raise DataError(f"{cls.title}: a picture of several targets; this regressor has one, {report.targets[0]}.")
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.corrcoef([panel.residuals for panel in panels])
        return cls(report.targets, values, panels[0].sample)

    @property
    def alt(self) -> str:
        strongest = self.strongest
        if strongest is None:
            return f"Heat map: correlation of the residuals of {listed(self.targets)} on {self.sample}."
        first, second = (self.targets[at] for at in strongest)
        most = f"strongest between {first} and {second}: {_two_decimals(self.values[strongest])}"
        return f"Heat map: correlation of the residuals of {listed(self.targets)} on {self.sample}; {most}."

    @property
    def strongest(self) -> tuple[int, int] | None:
        """The positions of those two targets whose residuals go together most, None where none is defined."""
        size = np.abs(np.tril(self.values, -1))
        if not np.isfinite(size[np.tril_indices_from(size, -1)]).any():
            return None
        row, column = np.unravel_index(np.nanargmax(size), size.shape)
        return int(column), int(row)

    def draw(self) -> Figure:
        import seaborn as sns

        from nbreg.plots import theme

        side = min(2.2 + 0.62 * len(self.targets), 9.0)
        figure = theme.new_figure(side + 1.2, side)
        axes = figure.subplots()
        names = [theme.wrapped(name, 16) for name in self.targets]
        sns.heatmap(
            self.values, ax=axes, vmin=-1, vmax=1, cmap=theme.below_to_above(), square=True, linewidths=1,
            linecolor=theme.PAPER, annot=self._numbers(), fmt="", xticklabels=names, yticklabels=names,
            cbar_kws={"shrink": 0.8, "aspect": 28},
        )  # fmt: skip
        _tidy(axes)
        axes.set_title(f"{self.title}, {self.sample}")
        return figure

    def _numbers(self) -> Any:
        if len(self.targets) > MOST_NUMBERS:
            return None
        return np.array([["" if np.isnan(value) else _two_decimals(value) for value in row] for row in self.values])


def _two_decimals(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _tidy(axes: Any) -> None:
    from nbreg.plots import theme

    axes.tick_params(axis="x", rotation=45 if len(axes.get_xticks()) > 4 else 0)
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)
    bar = axes.collections[0].colorbar
    bar.outline.set_visible(False)
    bar.set_label("Pearson's correlation")
    theme.people_ticks(bar.ax.yaxis)
