"""How much the predictions hang on each feature, on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import counted, rounded
from nbreg.plots.explanation_plot import ExplanationPlot, height_for, label_values, measure, most_important, sizes_of
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.explanation import Explanation


@PLOTS.register("importance")
@dataclass(frozen=True)
class Importance(ExplanationPlot):
    """A bar for each of the most important features, with its standard error, and one for all others.

    Importances are mean absolute attributions, in target units. The others' attributions are added up within each
    row first: they may cancel out, and what is shown is what they come to together. `errors` are NaN for one row.
    """

    title = "Importance"

    target: str
    names: tuple[str, ...]
    importances: tuple[float, ...]
    errors: tuple[float, ...]
    n_rows: int
    n_others: int
    others_are_shown: bool
    about_others: str
    measure: str

    @classmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Importance:
        shown = most_important(explanation)
        sizes, n_rows = sizes_of(explanation, shown.values), len(explanation)
        spread = sizes.std(axis=0, ddof=1) if n_rows > 1 else np.full(sizes.shape[1], np.nan)
        return cls(
            target=explanation.target_names[0],
            names=shown.labels,
            importances=tuple(sizes.mean(axis=0).tolist()),
            errors=tuple((spread / np.sqrt(n_rows)).tolist()),
            n_rows=n_rows,
            n_others=shown.n_others,
            others_are_shown=shown.others_are_shown,
            about_others=shown.about_others,
            measure=measure(explanation, mean=True),
        )

    @property
    def alt(self) -> str:
        pairs = zip(self.names, self.importances, strict=True)
        each = ", ".join(f"{name} {rounded(value)}" for name, value in pairs)
        return f"Importance of features, {self.measure} over {counted(self.n_rows, 'row')}: {each}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0], height_for(len(self.names)))
        axes = figure.subplots()
        self._draw_bars(axes)
        theme.label_lines(axes, [theme.wrapped(name) for name in self.names])
        axes.set_title(f"{self.title}, {counted(self.n_rows, 'row')}")
        label_values(axes, self.measure, self.about_others)
        axes.set_xlim(*self._reach())
        axes.grid(visible=False, axis="y")
        theme.people_ticks(axes.xaxis)
        return figure

    def _draw_bars(self, axes: Any) -> None:
        import seaborn as sns

        from nbreg.plots import theme

        lines = np.arange(len(self.names))
        others = (lines == lines[-1]) & self.others_are_shown
        for which, color in ((~others, theme.BLUE), (others, theme.NO_VALUE)):
            if which.any():
                sns.barplot(
                    x=np.array(self.importances)[which], y=lines[which], ax=axes, orient="y", native_scale=True,
                    color=color, saturation=1, width=0.66, errorbar=None,
                )  # fmt: skip
        known = np.isfinite(self.errors)
        axes.errorbar(
            np.array(self.importances)[known], lines[known], xerr=np.array(self.errors)[known], fmt="none",
            ecolor=theme.INK, elinewidth=1, capsize=2.5,
        )  # fmt: skip
        for line, (value, error) in enumerate(zip(self.importances, self.errors, strict=True)):
            end = value + (error if np.isfinite(error) else 0)
            axes.annotate(
                rounded(value), (end, line), (4, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=theme.SOFT,
            )  # fmt: skip

    def _reach(self) -> tuple[float, float]:
        """Return where the axis begins and ends: with room for the figure behind the longest bar."""
        ends = np.array(self.importances) + np.nan_to_num(self.errors)
        low, high = min(0.0, float(min(self.importances))), max(0.0, float(ends.max()))
        return 1.05 * low, low + 1.2 * (high - low) or 1.0
