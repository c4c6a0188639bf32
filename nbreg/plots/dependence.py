"""How a feature's attribution goes with its value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import count
from nbreg.explanation.companion import companion_of
from nbreg.plots.explanation_plot import ExplanationPlot, Floats, measure, of_rows, some_rows
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.explanation import Explanation

#: More points hide each other.
MOST_ROWS = 3_000
#: A category's most frequent levels have a strip each, all others one together.
MOST_LEVELS = 12
GAP = "(missing)"


@dataclass(frozen=True, eq=False)
class Scale:
    """One feature's values: `numbers` ``(n,)``, NaN for gaps; `levels` are what a category's numbers point to.

    Dates are days since 1970.
    """

    name: str
    numbers: Floats
    levels: tuple[str, ...] | None = None
    is_date: bool = False

    @classmethod
    def of(cls, explanation: Explanation, feature: str) -> Scale:
        """Return the values of a feature. Raises OptionError."""
        from nbreg.data.frames import as_frame
        from nbreg.data.reading import kind_of

        at = explanation.players.position_of(feature)
        numbers, levels = explanation.feature_numbers(feature)
        members = explanation.players.members[at]
        kind = kind_of(as_frame(explanation.data)[members[0]]) if len(members) == 1 else ""
        levels = ("false", "true") if kind == "boolean" else levels
        return cls(explanation.feature_names[at], numbers, levels, kind == "date")

    def of_rows(self, rows: Any) -> Scale:
        """Return the values of some rows."""
        return replace(self, numbers=self.numbers[rows])

    def in_strips(self) -> Scale:
        """Return a category with its gaps and its rare levels as levels of their own; other values as they are."""
        if self.levels is None:
            return self
        has_gaps = bool(np.isnan(self.numbers).any())
        levels = (*self.levels, GAP) if has_gaps else self.levels
        codes = np.where(np.isnan(self.numbers), len(levels) - 1, self.numbers).astype(int)
        if len(levels) > MOST_LEVELS:
            frequency = np.bincount(codes, minlength=len(levels))
            kept = np.sort(np.argsort(-frequency, kind="stable")[: MOST_LEVELS - 1])
            new = np.full(len(levels), len(kept))
            new[kept] = np.arange(len(kept))
            codes, levels = new[codes], (*(levels[i] for i in kept), f"{count(len(levels) - len(kept))} others")
        return replace(self, numbers=codes.astype(float), levels=levels)


@PLOTS.register("dependence")
@dataclass(frozen=True, eq=False)
class Dependence(ExplanationPlot):
    """A dot for each row: the feature's value, and what it adds to the prediction, in target units.

    Dots with one value stand above each other where other features change what it adds. They are coloured by the
    feature that does so most, if one visibly does; `colors` is None otherwise. Rows without a value, `n_gaps`, are
    left out, but for categories.
    """

    title = "Dependence"
    uses = ("feature", "target")

    target: str
    scale: Scale
    attributions: Floats
    colors: Scale | None
    n_rows: int
    n_gaps: int
    measure: str

    @classmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Dependence:
        feature = _default_feature(explanation) if choices.feature is None else choices.feature
        at = explanation.players.position_of(feature)
        if len(explanation.players.members[at]) > 1:
            raise OptionError(
                f'The features of the group "{explanation.feature_names[at]}" were explained as one and have no value '
                "in common to plot against: take another feature, or explain again without the group."
            )
        whole = Scale.of(explanation, feature)
        known = np.flatnonzero(np.isfinite(whole.numbers) | (whole.levels is not None))
        if not len(known):
            raise DataError(f'Feature "{feature}" has no value in any of the rows explained: there is nothing to plot.')
        rows = known[some_rows(len(known), MOST_ROWS)]
        companion = companion_of(explanation, feature)
        return cls(
            target=explanation.target_names[0],
            scale=whole.of_rows(rows).in_strips(),
            attributions=explanation.values[rows, at],
            colors=None if companion is None else Scale.of(explanation, companion.name).of_rows(rows),
            n_rows=len(explanation),
            n_gaps=len(explanation) - len(known),
            measure=measure(explanation),
        )

    @property
    def about(self) -> str:
        """Which rows are shown."""
        gaps = f", {count(self.n_gaps)} without a value" if self.n_gaps else ""
        return of_rows(len(self.attributions), self.n_rows) + gaps

    @property
    def alt(self) -> str:
        colored = f", coloured by {self.colors.name}" if self.colors else ""
        return f"Dependence: {self.measure} by the value of {self.scale.name}{colored}, {self.about}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0] * 1.15, theme.PANEL[1] * 1.05)
        axes = figure.subplots()
        axes.axhline(0, color=theme.INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        self._draw_dots(figure, axes)
        axes.set_title(theme.wrapped(f"{self.scale.name}, {self.about}", 52))
        axes.set_xlabel(theme.wrapped(self.scale.name, 46))
        axes.set_ylabel(theme.wrapped(self.measure, 34))
        theme.people_ticks(axes.yaxis)
        _label_scale(axes, self.scale)
        return figure

    def _draw_dots(self, figure: Any, axes: Any) -> None:
        from nbreg.plots import theme

        x, alpha = self._places(), max(0.3, min(0.85, 500 / len(self.attributions)))
        look = {"s": 15, "alpha": alpha, "linewidths": 0, "zorder": 3}
        if self.colors is None:
            axes.scatter(x, self.attributions, color=theme.BLUE, **look)
            return
        known = np.isfinite(self.colors.numbers)
        axes.scatter(x[~known], self.attributions[~known], color=theme.NO_VALUE, **look)
        low, high = _bulk(self.colors)
        dots = axes.scatter(
            x[known], self.attributions[known], c=self.colors.numbers[known], cmap=theme.low_to_high(), vmin=low,
            vmax=high, **look,
        )  # fmt: skip
        bar = figure.colorbar(dots, ax=axes, aspect=28, pad=0.02)
        bar.solids.set_alpha(1)
        bar.outline.set_visible(False)
        bar.set_label(theme.wrapped(self.colors.name, 34))
        _label_bar(bar, self.colors)

    def _places(self) -> Floats:
        """Return where dots stand: a category's ones are spread over its strip, the same way each time."""
        if self.scale.levels is None:
            return self.scale.numbers
        return self.scale.numbers + np.random.default_rng(0).uniform(-0.28, 0.28, len(self.scale.numbers))


def _default_feature(explanation: Explanation) -> str:
    members = explanation.players.members
    single = [i for i in range(len(members)) if len(members[i]) == 1]
    if not single:
        raise DataError("All features were explained in groups, which have no value to plot against.")
    return explanation.feature_names[max(single, key=lambda i: float(np.abs(explanation.values[:, i]).mean()))]


def _bulk(scale: Scale) -> tuple[float, float]:
    """Return the numbers between which colours change: single far values would leave all others alike."""
    known = scale.numbers[np.isfinite(scale.numbers)]
    low, high = (0.0, len(scale.levels) - 1.0) if scale.levels is not None else np.percentile(known, [2, 98])
    return (low, high) if high > low else (float(known.min()), float(known.max()))


def _label_scale(axes: Any, scale: Scale) -> None:
    from nbreg.plots import theme

    if scale.is_date:
        theme.date_ticks(axes.xaxis)
    elif scale.levels is None:
        theme.people_ticks(axes.xaxis)
    else:
        names = [theme.shortened(level, 22) for level in scale.levels]
        crowded = sum(len(name) + 2 for name in names) > 52
        axes.set_xticks(range(len(names)), names)
        if crowded:
            axes.tick_params(axis="x", labelrotation=40)
            for label in axes.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.grid(visible=False, axis="x")


def _label_bar(bar: Any, scale: Scale) -> None:
    from nbreg.plots import theme

    if scale.is_date:
        theme.date_ticks(bar.ax.yaxis)
    elif scale.levels is None:
        theme.people_ticks(bar.ax.yaxis)
    else:
        every = -(-len(scale.levels) // 12)
        places = range(0, len(scale.levels), every)
        bar.set_ticks(list(places), labels=[theme.shortened(scale.levels[i], 16) for i in places])
