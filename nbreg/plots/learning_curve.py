"""The learning curve: loss by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.evaluation.history import Epoch, thinned
from nbreg.evaluation.wording import count, rounded
from nbreg.plots.plot import PLOTS, ReportPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.evaluation.report import Report
    from nbreg.training.run import Run

#: Losses that span more than this many times are drawn on a log scale.
LOG_ABOVE = 8.0


@PLOTS.register("learning_curve")
@dataclass(frozen=True)
class LearningCurve(ReportPlot):
    """Train loss, validation loss (where there are validation rows) and the epoch with the smallest."""

    title = "Learning curve"

    epochs: tuple[int, ...]
    loss: tuple[float | None, ...]
    val_loss: tuple[float | None, ...]
    best_epoch: int | None
    epochs_run: int

    @classmethod
    def of_report(cls, report: Report) -> LearningCurve:
        if not report.history:
            raise DataError("There is no learning curve: training ended before the first epoch did.")
        return cls._of_history(report.history, report.best_epoch, report.epochs_run)

    @classmethod
    def of_run(cls, run: Run) -> LearningCurve:
        """Return the curve of a run as far as it has come; at least one epoch must have ended."""
        best = run.best.epoch if run.best else None
        return cls._of_history(thinned(run.history, keep=best), best, len(run.history))

    @classmethod
    def _of_history(cls, history: Sequence[Epoch], best_epoch: int | None, epochs_run: int) -> LearningCurve:
        epochs, loss, val_loss, _ = zip(*history, strict=True)
        return cls(epochs, loss, val_loss, best_epoch, epochs_run)

    @property
    def lines(self) -> dict[str, tuple[float | None, ...]]:
        """The lines to draw, by name."""
        both = {"train": self.loss, "validation": self.val_loss}
        return {name: values for name, values in both.items() if any(value is not None for value in values)}

    @property
    def logarithmic(self) -> bool:
        """Whether losses span so much that a log scale shows them better."""
        values = [value for line in self.lines.values() for value in line if value is not None]
        return bool(values) and min(values) > 0 and max(values) > LOG_ABOVE * min(values)

    @property
    def best(self) -> tuple[int, float] | None:
        """The best epoch and the loss that it was chosen by."""
        watched = self.lines.get("validation") or self.lines.get("train")
        if watched is None or self.best_epoch not in self.epochs:
            return None
        value = watched[self.epochs.index(self.best_epoch)]
        return None if value is None else (self.best_epoch, value)

    @property
    def alt(self) -> str:
        parts = [f"Learning curve over {count(self.epochs_run)} epochs."]
        for name, values in self.lines.items():
            first, *_, last = (*(value for value in values if value is not None),) * 2
            parts.append(f"The {name} loss goes from {rounded(first)} to {rounded(last)}.")
        if self.best:
            parts.append(f"The best epoch is {count(self.best[0])}, with {rounded(self.best[1])}.")
        return " ".join(parts)

    def draw(self) -> Figure:
        from nbreg.plots.theme import panels

        figure, (axes,) = panels(1)
        self._draw_lines(axes)
        if self.best:
            self._mark_best(axes, *self.best)
        axes.set(title=self.title, xlabel="epoch", ylabel="loss (of the scaled target)")
        return figure

    def _draw_lines(self, axes: Any) -> None:
        import seaborn as sns
        from matplotlib.ticker import MaxNLocator

        from nbreg.plots import theme

        for (name, values), color in zip(self.lines.items(), (theme.BLUE, theme.ORANGE), strict=False):
            known = [(epoch, value) for epoch, value in zip(self.epochs, values, strict=True) if value is not None]
            x, y = zip(*known, strict=True)
            marker = "o" if len(known) == 1 else None
            sns.lineplot(x=x, y=y, ax=axes, color=color, label=name, linewidth=1.8, marker=marker, errorbar=None)
        axes.set_yscale("log" if self.logarithmic else "linear")
        theme.people_ticks(axes.yaxis)
        theme.people_ticks(axes.xaxis)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
        if self.lines:
            axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.985), ncols=2, borderaxespad=0.2)

    def _mark_best(self, axes: Any, epoch: int, value: float) -> None:
        from nbreg.plots import theme

        axes.axvline(epoch, color=theme.SOFT, linewidth=0.9, linestyle=(0, (3, 3)), zorder=1)
        axes.plot([epoch], [value], "o", color=theme.PAPER, markeredgecolor=theme.INK, markersize=6, zorder=5)
        left = epoch > (self.epochs[0] + self.epochs[-1]) / 2
        axes.annotate(
            f"best: epoch {count(epoch)}", (epoch, 0.97), (-5 if left else 5, 0), textcoords="offset points", va="top",
            xycoords=axes.get_xaxis_transform(), ha="right" if left else "left", fontsize=9, color=theme.SOFT,
        )  # fmt: skip
