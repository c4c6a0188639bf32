"""How a network and simpler models do on each fold, and in the mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.cross_validation import CrossValidation


@dataclass(frozen=True)
class FoldScores:
    """A panel for each target, a line in it for each model: RMSE of each fold, their mean and its standard error."""

    targets: tuple[str, ...]
    #: Target -> model -> RMSE of each finished fold, in target units.
    rmse: dict[str, dict[str, tuple[float, ...]]]
    #: Target -> model -> mean and standard error, NaN where there is none.
    means: dict[str, dict[str, tuple[float, float]]]

    @classmethod
    def of(cls, found: CrossValidation) -> FoldScores:
        """Return what there is to see of a cross-validation so far."""
        rmse: dict[str, dict[str, tuple[float, ...]]] = {target: {} for target in found.targets}
        means: dict[str, dict[str, tuple[float, float]]] = {target: {} for target in found.targets}
        for target in found.targets:
            for model in found.models:
                values = found.values("rmse", target, model)
                rmse[target][model] = tuple(values[~np.isnan(values)].tolist())
                means[target][model] = found.interval("rmse", target, model)[:2]
        return cls(found.targets, rmse, means)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        show = METRICS["rmse"].show
        each = [
            f"{target}: " + ", ".join(f"{model} {show(mean)}" for model, (mean, _) in self.means[target].items())
            for target in self.targets
        ]
        n_folds = max(len(values) for by in self.rmse.values() for values in by.values())
        return f"RMSE of {count(n_folds)} folds by model, in the mean {'; '.join(each)}."

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else: it is not known to pyplot."""
        from nbreg.plots import theme

        with theme.house_style():
            figure, grid = theme.panels(len(self.targets), height=1.0 + 0.42 * len(self.rmse[self.targets[0]]))
            for axes, target in zip(grid, self.targets, strict=True):
                self._draw(axes, target)
            return figure

    def _draw(self, axes: Any, target: str) -> None:
        from nbreg.plots import theme

        models = list(self.rmse[target])
        for place, model in enumerate(reversed(models)):
            colour = theme.BLUE if model == models[0] else theme.NO_VALUE
            values, (mean, error) = self.rmse[target][model], self.means[target][model]
            shifts = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(len(values))
            axes.scatter(values, place + shifts, s=14, color=colour, alpha=0.4, linewidths=0)
            reach = 0.0 if math.isnan(error) else error
            axes.errorbar(mean, place, xerr=reach, fmt="o", color=colour, markersize=6, capsize=3, linewidth=1.6)
        theme.label_lines(axes, models, upwards=True)
        axes.set_ylim(-0.6, len(models) - 0.4)
        axes.set(title=target, xlabel="RMSE on the rows held out")
        axes.set_xlim(left=0)
        theme.people_ticks(axes.xaxis)
