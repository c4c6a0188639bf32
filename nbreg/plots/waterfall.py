"""From the base value to one prediction, feature by feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.errors import OptionError
from nbreg.evaluation.wording import count, rounded
from nbreg.plots.explanation_plot import ExplanationPlot, others_label
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.explanation import Explanation

#: Steps beyond these, the largest ones, are added up.
MOST_STEPS = 10
#: Where all steps together are smaller than this share of the prediction, the axis shows distances from the base value.
NEAR = 1e-4


@PLOTS.register("waterfall")
@dataclass(frozen=True)
class Waterfall(ExplanationPlot):
    """One row: what each feature adds, the largest first, from the base value down to the prediction.

    All numbers are in target units; `errors` are standard errors of the attributions, None where nothing was drawn.
    `texts` are the feature's values; empty for the sum of `n_others` smaller steps, which is the last one.
    """

    title = "One prediction"
    uses = ("row", "target")

    target: str
    row: int
    place: int
    base_value: float
    prediction: float
    names: tuple[str, ...]
    texts: tuple[str, ...]
    attributions: tuple[float, ...]
    errors: tuple[float, ...] | None
    n_others: int

    @classmethod
    def of_explanation(cls, explanation: Explanation, choices: PlotChoices = NO_CHOICES) -> Waterfall:
        if explanation.base_values is None:
            raise OptionError(
                f"A waterfall needs attributions that add up to the prediction, and those of {explanation.method} "
                "do not: explain by shapley or deep_shap, or plot importance or beeswarm."
            )
        row = choices.row or 0
        explanation.check_row(row)
        values = explanation.values[row]
        order = np.argsort(-np.abs(values), kind="stable").tolist()
        shown = order if len(order) <= MOST_STEPS else order[: MOST_STEPS - 1]
        others = order[len(shown) :]
        errors = None if explanation.standard_errors is None else explanation.standard_errors[row]
        texts, rest = explanation.feature_texts(row), bool(others)
        return cls(
            target=explanation.target_names[0],
            row=row,
            place=int(explanation.rows[row]),
            base_value=float(explanation.base_values[row]),
            prediction=float(explanation.predictions[row]),
            names=(*(explanation.feature_names[i] for i in shown), *([others_label(len(others))] if rest else [])),
            texts=(*(texts[i] for i in shown), *([""] if rest else [])),
            attributions=(*values[shown].tolist(), *([float(values[others].sum())] if rest else [])),
            errors=None if errors is None else _with_rest(errors, shown, others),
            n_others=len(others),
        )

    @property
    def corners(self) -> tuple[float, ...]:
        """Where each step begins, and where the last one ends: ``(n_steps + 1,)``, from the base value on."""
        return tuple(np.cumsum([self.base_value, *self.attributions]).tolist())

    @property
    def where(self) -> str:
        """Which row it is, of the explanation, and of the table where that is another number."""
        return f"row {count(self.row)}" + (f" (row {count(self.place)} of the table)" if self.place != self.row else "")

    @property
    def alt(self) -> str:
        steps = zip(self.names, self.texts, self.attributions, strict=True)
        each = ", ".join(f"{_named(name, text)} {signed(value)}" for name, text, value in steps)
        start = f"Waterfall of {self.where}: from the base value {rounded(self.base_value, 3)}"
        return f"{start} to the predicted {self.target} {rounded(self.prediction, 3)}: {each}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        n = len(self.names)
        figure = theme.new_figure(theme.PANEL[0] * 1.25, max(2.6, 1.6 + 0.34 * n))
        axes = figure.subplots()
        shift = self.base_value if self._is_near else 0.0
        self._draw_ends(axes, shift)
        self._draw_steps(axes, shift)
        theme.label_lines(axes, [_label(*pair) for pair in zip(self.names, self.texts, strict=True)])
        axes.set_ylim(n + 0.15, -1.15)
        unit = f"{self.target}, less {rounded(self.base_value, 6)}" if self._is_near else self.target
        axes.set_title(theme.wrapped(f"{self.target}, {self.where}", 56))
        axes.set_xlabel(theme.wrapped(unit, 46))
        axes.grid(visible=False, axis="y")
        theme.people_ticks(axes.xaxis)
        return figure

    @property
    def _is_near(self) -> bool:
        return bool(np.ptp(self.corners) < NEAR * max(map(abs, self.corners)))

    def _draw_ends(self, axes: Any, shift: float) -> None:
        from nbreg.plots import theme

        low, high = min(self.corners) - shift, max(self.corners) - shift
        room = self._room() * (high - low) or abs(low) * 0.05 or 1.0
        axes.set_xlim(low - room, high + room)
        ends = ((self.base_value, -0.75, "base value"), (self.corners[-1], len(self.names) - 0.25, "prediction"))
        for value, line, words in ends:
            shown = self.prediction if words == "prediction" else value
            axes.axvline(value - shift, color=theme.SOFT, linewidth=0.9, linestyle=(0, (3, 3)), zorder=1)
            left = value - shift > (low + high) / 2
            axes.annotate(
                f"{words} {rounded(shown, 3)}", (value - shift, line), (-5 if left else 5, 0), va="center",
                textcoords="offset points", ha="right" if left else "left", fontsize=9, fontweight="bold",
                zorder=5, bbox=_ground(),
            )  # fmt: skip

    def _draw_steps(self, axes: Any, shift: float) -> None:
        from nbreg.plots import theme

        for line, (start, value) in enumerate(zip(self.corners, self.attributions, strict=False)):
            start -= shift
            color = theme.RAISES if value >= 0 else theme.LOWERS
            axes.barh(line, value, 0.62, left=start, color=color, zorder=3)
            axes.plot([start + value] * 2, [line - 0.31, line + 1.31], color=theme.SOFT, linewidth=0.6, zorder=2)
            if self.errors:
                axes.errorbar(start + value, line, xerr=self.errors[line], ecolor=theme.INK, elinewidth=1, zorder=4)
            axes.annotate(
                signed(value), (start + value, line), (4 if value >= 0 else -4, 0), va="center",
                textcoords="offset points", ha="left" if value >= 0 else "right", fontsize=8.5, color=color, zorder=5,
                bbox=_ground(),
            )  # fmt: skip

    def _room(self) -> float:
        """Return the room beside the steps for their figures, as a share of the way from lowest to highest."""
        inches = 0.072 * max(len(signed(value)) for value in self.attributions) + 0.12
        return inches / max(1.0, 3.4 - 2 * inches)


def _ground() -> dict[str, Any]:
    from nbreg.plots import theme

    return {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 0.5}


def signed(value: float) -> str:
    """Return ``+1,200`` or ``−43``."""
    return ("+" if value > 0 else "") + rounded(value)


def _with_rest(errors: Any, shown: list[int], others: list[int]) -> tuple[float, ...]:
    """Return the errors of the steps shown; that of a sum of others is at most the sum of theirs."""
    return (*errors[shown].tolist(), *([float(errors[others].sum())] if others else []))


def _named(name: str, text: str) -> str:
    return f"{name} = {text}" if text else name


def _label(name: str, text: str) -> str:
    from nbreg.plots import theme

    whole = _named(name, text)
    if len(whole) <= 26 or not text:
        return theme.wrapped(whole, 26)
    return f"{theme.shortened(name, 34)}\n= {theme.shortened(text, 30)}"
