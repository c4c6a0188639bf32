"""Learning curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbreg.evaluation.history import thinned
from nbreg.evaluation.wording import counted, rounded
from nbreg.plots.learning_curve import LOG_ABOVE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.training.run import Run


@dataclass(frozen=True)
class RunLine:
    """One run: the watched loss by epoch, from the epoch that it went on from."""

    name: str
    epochs: tuple[int, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class RunCurves:
    """The validation loss of each run (the loss of one without validation rows)."""

    lines: tuple[RunLine, ...]

    @classmethod
    def of_runs(cls, runs: Sequence[tuple[str, Run]]) -> RunCurves:
        """Return the curves of runs with their names; runs without an epoch have none."""
        return cls(tuple(_line(name, run) for name, run in runs if run.history))

    @property
    def alt(self) -> str:
        best = ", ".join(f"{line.name} {rounded(min(line.losses))}" for line in self.lines)
        return f"Learning curves of {counted(len(self.lines), 'run')}. Smallest losses: {best}."

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else."""
        import seaborn as sns

        from nbreg.plots import theme

        with theme.house_style():
            figure, (axes,) = theme.panels(1)
            colours = sns.color_palette("deep", len(self.lines))
            for line, colour in zip(self.lines, colours, strict=True):
                marker = "o" if len(line.epochs) == 1 else None
                axes.plot(line.epochs, line.losses, color=colour, label=line.name, linewidth=1.6, marker=marker)
            values = [value for line in self.lines for value in line.losses]
            axes.set_yscale("log" if min(values) > 0 and max(values) > LOG_ABOVE * min(values) else "linear")
            theme.people_ticks(axes.yaxis)
            theme.people_ticks(axes.xaxis)
            axes.set(title="Runs", xlabel="epoch", ylabel="validation loss (of the scaled target)")
            axes.legend(loc="upper right", ncols=2)
        return figure


def _line(name: str, run: Run) -> RunLine:
    start = run.start.epoch if run.start else 0
    rows = thinned(run.history, keep=run.best.epoch if run.best else None)
    told = [(start + row.epoch, row.loss if row.val_loss is None else row.val_loss) for row in rows]
    epochs, losses = zip(*((epoch, loss) for epoch, loss in told if loss is not None), strict=True)
    return RunLine(name, epochs, losses)
