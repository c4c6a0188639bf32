"""What a joint head predicts for one row: draws of all targets, in pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import count, listed, rounded
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo, regressor_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

#: So many draws are shown, of so many targets, those that come first.
DRAWS, MOST_TARGETS = 1_000, 5


@PLOTS.register("joint_samples")
@dataclass(frozen=True, eq=False)
class JointSamples(PlotInfo):
    """Scatter plots of draws, target against target, and each target's histogram on the diagonal.

    `draws` ``(1,000, n_targets)`` and `observed` ``(n_targets,)``, NaN where it is not known, are in target units;
    `row` counts from 0 in the `rows` ("test", "validation" or "train") that the fit held back.
    """

    title = "Joint samples"
    uses = ("row",)

    target_names: tuple[str, ...]
    draws: Floats
    observed: Floats
    row: int
    rows: str
    n_more: int

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> JointSamples:
        regressor_part(subject, "target_names_", cls.title)
        subject.check_trained()
        data = subject.data_
        which = next((each for each in ("test", "validation", "train") if data is not None and data.n_rows(each)), None)
        if which is None:
            raise DataError(
                "This regressor came without its table: use predict_joint(X).sample(n) on rows of your own."
            )
        row = choices.row or 0
        if row >= data.n_rows(which):
            raise OptionError(
                f"row (--row) takes a number from 0 to {data.n_rows(which) - 1:,}, a {which} row; got {row}."
            )
        found = subject.predict_joint(data.frame_of(which)[[row]])
        names = found.target_names[:MOST_TARGETS]
        draws, observed = found.sample(DRAWS)[0, :, : len(names)], data.observed(which)[row, : len(names)]
        return cls(names, draws, observed, row, which, len(found.target_names) - len(names))

    @property
    def alt(self) -> str:
        each = [
            f"{name}: mean {rounded(mean)}, s.d. {rounded(deviation)}"
            for name, mean, deviation in zip(
                self.target_names, self.draws.mean(axis=0), self.draws.std(axis=0), strict=True
            )
        ]
        return f"{self._words}. {'; '.join(each)}."

    @property
    def _words(self) -> str:
        more = f" (and {self.n_more} more)" if self.n_more else ""
        return f"{count(DRAWS)} draws of {listed(self.target_names)}{more} for {self.rows} row {self.row}"

    def draw(self) -> Figure:
        from nbreg.plots import theme

        n = len(self.target_names)
        side = max(4.2, 1.9 * n)
        figure = theme.new_figure(side, side)
        grid = figure.subplots(n, n, squeeze=False, sharex="col")
        for i in range(n):
            for j in range(n):
                self._draw_pair(grid[i][j], i, j)
        dashed = "\ndashed: observed" if np.isfinite(self.observed).any() else ""
        figure.suptitle(theme.wrapped(self._words, 60) + dashed, fontsize=10.5)
        return figure

    def _draw_pair(self, axes: Any, i: int, j: int) -> None:
        """Draw target `i` against target `j`: points below the diagonal, a histogram on it."""
        import seaborn as sns

        from nbreg.plots import theme

        if i < j:
            axes.remove()
            return
        ink = {"color": theme.INK, "linewidth": 1, "linestyle": (0, (4, 3))}
        if i == j:
            sns.histplot(x=self.draws[:, j], ax=axes, bins=30, color=theme.BLUE, alpha=0.75, linewidth=0)
            axes.set_yticks([])
        else:
            x, y = self.draws[:, j], self.draws[:, i]
            sns.scatterplot(x=x, y=y, ax=axes, s=6, alpha=0.35, color=theme.BLUE, linewidth=0, legend=False)
            axes.axhline(self.observed[i], **ink)
        axes.axvline(self.observed[j], **ink)
        is_last, is_first = i == len(self.target_names) - 1, j == 0
        axes.set(
            xlabel=theme.wrapped(self.target_names[j]) if is_last else "",
            ylabel=theme.wrapped(self.target_names[i]) if is_first and i else "",
        )
        theme.people_ticks(axes.xaxis)
        axes.xaxis.get_major_locator().set_params(nbins=3)
        if i > j:
            theme.people_ticks(axes.yaxis)
            axes.yaxis.get_major_locator().set_params(nbins=3)
            axes.tick_params(labelleft=is_first)
