"""What two choices do together: one metric for each pair of values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import NOTHING
from nbreg.search.shown_metrics import SHOWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.study import Study

#: Where a metric spans more than this many times, colours go by its logarithm.
_LOG_ABOVE = 8.0


@dataclass(frozen=True)
class Grid:
    """One target: the means of a metric, a line for each value of the first factor (NaN: not known), and their words.

    `best` is the line and the column of the pair that is really best.
    """

    title: str
    higher_is_better: bool
    means: tuple[tuple[float, ...], ...]
    words: tuple[tuple[str, ...], ...]
    best: tuple[int, int] | None


@dataclass(frozen=True)
class StudyHeatmap:
    """A heat map for each target; `factors` and `labels` are those of the lines, then of the columns."""

    factors: tuple[str, str]
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    grids: tuple[Grid, ...]

    @classmethod
    def of(cls, study: Study) -> StudyHeatmap:
        """Return what there is to see of a study of two factors, so far."""
        down, across = study.factors
        names = tuple(
            tuple(factor.label(value) for value in values)
            for factor, values in zip(study.factors, study.values, strict=True)
        )
        grids = tuple(_grid(study, target) for target in study.targets)
        return cls((down.title, across.title), (names[0], names[1]), grids)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        titles = ", ".join(grid.title for grid in self.grids)
        best = [grid.best for grid in self.grids if grid.best is not None]
        pairs = ", ".join(f"{self.labels[0][i]} and {self.labels[1][j]}" for i, j in best)
        marked = f" Marked as best: {pairs}." if best else " No pair is marked as best."
        return f"Heat map: {titles} by {self.factors[0]} and {self.factors[1]}.{marked}"

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else: it is not known to pyplot."""
        from nbreg.plots import theme

        with theme.house_style():
            return self.draw()

    def draw(self) -> Figure:
        """Return a figure; called within the house style."""
        from nbreg.plots import theme

        figure, places = theme.panels(len(self.grids))
        figure.set_figheight(figure.get_figheight() * max(1.0, 0.25 + 0.1 * len(self.labels[0])))
        for axes, grid in zip(places, self.grids, strict=True):
            self._draw(axes, grid)
        return figure

    def _draw(self, axes: Any, grid: Grid) -> None:
        import seaborn as sns
        from matplotlib.patches import Rectangle

        from nbreg.plots import theme

        means = np.array(grid.means)
        colours = sns.blend_palette(["#2f5597", "#8fb0d9", "#f1f4f9"], as_cmap=True)
        sns.heatmap(
            _coloured(means, grid.higher_is_better), ax=axes, annot=np.array(grid.words), fmt="", cmap=colours,
            cbar=False, linewidths=1.5, linecolor=theme.PAPER, annot_kws={"fontsize": 9},
            xticklabels=self.labels[1], yticklabels=self.labels[0],
        )  # fmt: skip
        axes.tick_params(axis="y", rotation=0)
        axes.tick_params(axis="x", rotation=0 if len(self.labels[1]) < 8 else 30)
        if grid.best is not None:
            down, across = grid.best
            axes.add_patch(Rectangle((across, down), 1, 1, fill=False, edgecolor=theme.ORANGE, linewidth=2.6, zorder=5))
        axes.set(title=grid.title, xlabel=self.factors[1], ylabel=self.factors[0])
        axes.grid(visible=False)


def _coloured(means: Any, higher_is_better: bool) -> Any:
    """Return what colours go by: small is good, and dark."""
    known = means[~np.isnan(means)]
    if higher_is_better:
        return -means
    spans = len(known) and known.min() > 0 and known.max() > _LOG_ABOVE * known.min()
    return np.log(means) if spans else means


def _grid(study: Study, target: str) -> Grid:
    metric, found = SHOWN[study.judge(target)], study.findings(target)
    n_across = len(study.values[1])
    means = [study.interval(i, metric.name, target).mean for i in range(len(study.points))]
    failed = {point for point, _ in study.failures}
    words = [
        ("failed" if i in failed else NOTHING) if math.isnan(mean) else metric.show(mean)
        for i, mean in enumerate(means)
    ]
    of = f" of {target}" if len(study.targets) > 1 else ""
    best = None if found is None or found.best is None else divmod(found.best, n_across)
    return Grid(
        f"{metric.title}{of}",
        metric.higher_is_better,
        tuple(tuple(means[i : i + n_across]) for i in range(0, len(means), n_across)),
        tuple(tuple(words[i : i + n_across]) for i in range(0, len(words), n_across)),
        best,
    )
