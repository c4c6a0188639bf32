"""Learning curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.history import thinned
from nbreg.evaluation.wording import counted, rounded
from nbreg.plots.learning_curve import LOG_ABOVE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.training.run import Run

#: Longest name in the legend.
_LONGEST_NAME = 28


@dataclass(frozen=True)
class RunLine:
    """One run: the watched loss by epoch, counted from the first of the run that it went on from."""

    name: str
    epochs: tuple[int, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class RunCurves:
    """The validation loss of each run (the loss of one without validation rows)."""

    lines: tuple[RunLine, ...]

    @classmethod
    def of_runs(cls, runs: Sequence[tuple[str, Run]]) -> RunCurves:
        """Return the curves of runs with their names; runs without an epoch, or without a finite loss, have none."""
        lines = (_line(name, run) for name, run in runs)
        return cls(tuple(line for line in lines if line.losses))

    @property
    def logarithmic(self) -> bool:
        """Whether losses span so much that a log scale shows them better."""
        values = [value for line in self.lines for value in line.losses]
        return bool(values) and min(values) > 0 and max(values) > LOG_ABOVE * min(values)

    @property
    def alt(self) -> str:
        best = ", ".join(f"{line.name} {rounded(min(line.losses))}" for line in self.lines)
        return f"Learning curves of {counted(len(self.lines), 'run')}. Smallest losses: {best}."

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else."""
        from nbreg.plots import theme

        with theme.house_style():
            figure, (axes,) = theme.panels(1)
            self._draw_lines(axes)
            axes.set_yscale("log" if self.logarithmic else "linear")
            _number_axes(axes)
            axes.set(title="Validation loss by run", xlabel="epoch", ylabel="loss (of the scaled target)")
            if self.lines:
                axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=min(3, len(self.lines)))
        return figure

    def _draw_lines(self, axes: Any) -> None:
        import seaborn as sns

        from nbreg.plots import theme

        for line, colour in zip(self.lines, sns.color_palette("deep", len(self.lines)), strict=True):
            marker = "o" if len(line.epochs) == 1 else None
            name = theme.shortened(line.name, _LONGEST_NAME)
            axes.plot(line.epochs, line.losses, color=colour, label=name, linewidth=1.6, marker=marker)


def _number_axes(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    from nbreg.plots import theme

    theme.people_ticks(axes.yaxis)
    theme.people_ticks(axes.xaxis)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))


def _line(name: str, run: Run) -> RunLine:
    start = run.start.epoch if run.start else 0
    rows = thinned(run.history, keep=run.best.epoch if run.best else None)
    validated = any(row.val_loss is not None for row in rows)
    told = [(start + row.epoch, row.val_loss if validated else row.loss) for row in rows]
    known = [(epoch, loss) for epoch, loss in told if loss is not None]
    epochs, losses = tuple(epoch for epoch, _ in known), tuple(loss for _, loss in known)
    return RunLine(name if validated else f"{name}, train loss", epochs, losses)
