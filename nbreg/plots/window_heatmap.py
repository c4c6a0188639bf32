"""A window's steps and channels: where in the past a forecast comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nbreg.errors import OptionError
from nbreg.evaluation.wording import counted
from nbreg.plots.explanation_plot import Floats, height_for
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.windows import WindowExplanation

#: So many rows are explained where a regressor is given.
ROWS_UNASKED = 100
#: More channels than this are too many lines; those that matter least are left out.
MOST_CHANNELS = 20
#: Names along the time axis: more would overlap.
MOST_STEP_NAMES = 9


@PLOTS.register("window_heatmap")
@dataclass(frozen=True, eq=False)
class WindowHeatmap(PlotInfo):
    """A column for each step, a line for each channel: mean sizes over rows, or what one row's inputs add, signed.

    `values` ``(n_steps, n_channels)`` in units of the `target`; `row` is None where they are means over `n_rows`.
    """

    title = "Attributions by step"
    uses: ClassVar[tuple[str, ...]] = ("row", "target")

    target: str
    values: Floats
    step_names: tuple[str, ...]
    channel_names: tuple[str, ...]
    row: int | None
    n_rows: int
    n_left_out: int
    kind: str

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> WindowHeatmap:
        return cls.of_windows(_windows_of(subject, choices), choices)

    @classmethod
    def of_windows(cls, explanation: WindowExplanation, choices: PlotChoices = NO_CHOICES) -> WindowHeatmap:
        """Return what there is to see of an explanation of windows. Raises OptionError."""
        explanation = explanation.of_target(choices.target)
        if choices.row is not None:
            explanation.check_row(choices.row)
        means = explanation.importance()
        shown = np.sort(np.argsort(-means.sum(axis=0), kind="stable")[:MOST_CHANNELS])
        values = means if choices.row is None else explanation.values[choices.row]
        return cls(
            target=explanation.target_names[0],
            values=values[:, shown],
            step_names=explanation.step_names,
            channel_names=tuple(explanation.channel_names[i] for i in shown),
            row=choices.row,
            n_rows=len(explanation),
            n_left_out=len(explanation.channel_names) - len(shown),
            kind=explanation.kind,
        )

    @property
    def is_signed(self) -> bool:
        """Whether values say which way they go."""
        return self.row is not None and self.kind == "additive"

    @property
    def measure(self) -> str:
        """What the values are, in words."""
        what = "attribution to" if self.kind == "additive" else "sensitivity of"
        if self.row is not None:
            return f"{what} {self.target}"
        return f"mean |attribution| to {self.target}" if self.kind == "additive" else f"mean {what} {self.target}"

    @property
    def whose(self) -> str:
        """Which rows, and what is not shown, in words."""
        rows = counted(self.n_rows, "row") if self.row is None else f"row {self.row:,}"
        return rows + (f", {counted(self.n_left_out, 'channel')} left out" if self.n_left_out else "")

    @property
    def alt(self) -> str:
        step, channel = np.unravel_index(np.abs(self.values).argmax(), self.values.shape)
        most = f"The largest is {self.channel_names[channel]} at {self.step_names[step]}"
        steps = f"{counted(len(self.step_names), 'step')} from {self.step_names[0]} to {self.step_names[-1]}"
        return f"Heat map: {self.measure}, {self.whose}; {steps}. {most}. Channels: {', '.join(self.channel_names)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(theme.PANEL[0] * 1.3, height_for(len(self.channel_names)))
        axes = figure.subplots()
        limit = float(np.abs(self.values).max()) or 1.0
        image = axes.imshow(
            self.values.T, aspect="auto", interpolation="nearest", vmin=-limit if self.is_signed else 0, vmax=limit,
            cmap=theme.below_to_above() if self.is_signed else theme.zero_to_above(),
        )  # fmt: skip
        bar = figure.colorbar(image, ax=axes, aspect=28, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label(theme.wrapped(self.measure, 40))
        theme.people_ticks(bar.ax.yaxis)
        theme.label_lines(axes, [theme.wrapped(name) for name in self.channel_names])
        axes.set_ylim(len(self.channel_names) - 0.5, -0.5)
        places = _spread_out(len(self.step_names))
        axes.set_xticks(places, [theme.shortened(self.step_names[i], 12) for i in places])
        axes.set_xlabel(f"step ({self.whose})")
        axes.grid(visible=False)
        axes.set_title(self.title if self.kind == "additive" else "Sensitivities by step")
        return figure


def _windows_of(subject: Any, choices: PlotChoices) -> WindowExplanation:
    """Return `subject` where it is an explanation of windows, else one of a regressor. Raises NbregError."""
    from nbreg.explanation.windows import WindowExplanation, explain_windows
    from nbreg.regressor import Regressor

    if isinstance(subject, WindowExplanation):
        return subject
    if not isinstance(subject, Regressor):
        raise OptionError("window_heatmap shows a regressor, or what explain_windows gives; give one of these.")
    # One target is enough for one picture, and a forecast may have dozens.
    subject.check_trained()
    target = choices.target if choices.target is not None else subject.target_names_[0]
    return explain_windows(subject, target=target, rows=ROWS_UNASKED)


def _spread_out(n_steps: int) -> list[int]:
    """Return the steps that have a name below them, the last one always."""
    apart = -(-n_steps // MOST_STEP_NAMES)
    return list(range(n_steps - 1, -1, -apart))[::-1]
