"""How far forecasts are off at each step ahead, beside those of simpler models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.forecasting.backtest import Backtest

#: So many panels stand side by side, and so many steps are named on an axis.
_COLUMNS, _NAMED = 3, 6


@dataclass(frozen=True)
class ForecastErrors:
    """A panel for each target: RMSE by step ahead, a line for each model; in target units."""

    targets: tuple[str, ...]
    steps: tuple[str, ...]
    #: Model -> target -> RMSE at each step.
    rmse: dict[str, dict[str, tuple[float, ...]]]

    @classmethod
    def of(cls, backtest: Backtest) -> ForecastErrors:
        """Return what there is to see of a backtest."""
        tables = {model: backtest.rmse_by_step(model).tolist() for model in backtest.errors}
        rmse = {
            model: {target: tuple(row) for target, row in zip(backtest.targets, table, strict=True)}
            for model, table in tables.items()
        }
        return cls(backtest.targets, backtest.steps, rmse)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        each = [
            f"{target}: " + ", ".join(f"{model} {rounded(by[target][-1], 3)}" for model, by in self.rmse.items())
            for target in self.targets
        ]
        return f"Root mean squared error by step ahead; at {self.steps[-1]}: {'; '.join(each)}."

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else: it is not known to pyplot."""
        from nbreg.plots import theme

        with theme.house_style():
            figure, grid = theme.panels(len(self.targets), most=_COLUMNS)
            for axes, target in zip(grid, self.targets, strict=True):
                self._draw(axes, target)
            return figure

    def _draw(self, axes: Any, target: str) -> None:
        from nbreg.plots import theme

        colours = dict(zip(self.rmse, (theme.BLUE, theme.ORANGE, theme.GREEN, theme.SOFT), strict=False))
        ahead = range(1, len(self.steps) + 1)
        for model, by in self.rmse.items():
            width = 2.2 if model == "network" else 1.4
            axes.plot(
                ahead, by[target], color=colours[model], linewidth=width, label=model, marker="." * (len(ahead) < 3)
            )
        every = max(1, -(-len(self.steps) // _NAMED))
        shown = range(every - 1, len(self.steps), every)
        axes.set_xticks([i + 1 for i in shown], [self.steps[i] for i in shown])
        axes.set_ylim(bottom=0)
        axes.set(title=target, ylabel="RMSE")
        axes.legend(loc="best", fontsize=8)
