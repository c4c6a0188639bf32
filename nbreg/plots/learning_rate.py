"""The learning-rate range test: loss by learning rate (Smith 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.errors import DataError
from nbreg.evaluation.wording import rounded
from nbreg.plots.plot import PLOTS, ReportPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report


@PLOTS.register("learning_rate")
@dataclass(frozen=True)
class LearningRate(ReportPlot):
    """Losses met while the learning rate grew, and the rate that was chosen."""

    title = "Learning-rate range test"

    learning_rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float | None

    @classmethod
    def of_report(cls, report: Report) -> LearningRate:
        test = report.range_test
        known = (
            [pair for pair in zip(test.learning_rates, test.losses, strict=True) if pair[1] is not None] if test else []
        )
        if test is None or not known:
            raise DataError("There was no learning-rate range test: fit with --learning-rate auto to run one.")
        rates, losses = zip(*known, strict=True)
        return cls(rates, losses, test.suggestion)

    @property
    def top(self) -> float:
        """The largest loss to show: where the test runs away, the rest should still be seen."""
        return self.losses[0] + 1.2 * (self.losses[0] - min(self.losses)) or max(self.losses)

    @property
    def alt(self) -> str:
        low, high = rounded(min(self.learning_rates)), rounded(max(self.learning_rates))
        chosen = "" if self.suggestion is None else f" The suggested rate is {rounded(self.suggestion)}."
        return f"Learning-rate range test: loss for learning rates from {low} to {high}.{chosen}"

    def draw(self) -> Figure:
        import seaborn as sns

        from nbreg.plots import theme

        figure, (axes,) = theme.panels(1)
        sns.lineplot(x=self.learning_rates, y=self.losses, ax=axes, color=theme.BLUE, linewidth=1.8, errorbar=None)
        axes.set_xscale("log")
        if max(self.losses) > self.top:
            axes.set_ylim(min(self.losses) - 0.08 * (self.top - min(self.losses)), self.top)
        if self.suggestion is not None:
            axes.axvline(self.suggestion, color=theme.ORANGE, linewidth=1.4, linestyle=(0, (4, 3)))
            label = f" suggested: {rounded(self.suggestion)} "
            axes.text(
                self.suggestion, 0.04, label, transform=axes.get_xaxis_transform(), ha="right", va="bottom", fontsize=9
            )
        axes.set(title=self.title, xlabel="learning rate", ylabel="loss (of the scaled target)")
        theme.people_ticks(axes.xaxis)
        theme.people_ticks(axes.yaxis)
        return figure
