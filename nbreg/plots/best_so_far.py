"""The scores of a search by trial, and the best so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import counted, rounded
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.search import Search

#: Above this ratio of the largest to the smallest score a log scale shows them better.
_LOG_ABOVE = 8.0


@PLOTS.register("best_so_far")
@dataclass(frozen=True)
class BestSoFar(PlotInfo):
    """Trials that are done, in the order of their numbers: the score of each, as an axis has it, and the best so far.

    `metric` is what stands at that axis.
    """

    title = "Best so far"
    shows = "search"

    metric: str
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    best: tuple[float, ...]
    #: The score of the options that the search began with; None where they failed.
    default: float | None
    #: The numbers of trials that were given up, or failed.
    others: tuple[int, ...]

    @classmethod
    def of(cls, subject: Search, choices: PlotChoices = NO_CHOICES) -> BestSoFar:
        """Return what there is to see of a search so far. Raises DataError before a trial is done."""
        search, done = subject, [trial for trial in subject.trials if trial.is_done]
        if not done:
            raise DataError("No trial of this search is done yet, so there is nothing to be seen.")
        best: list[float] = []
        for trial in done:
            is_better = not best or search.scoring.better(trial.score, best[-1])
            best.append(trial.score if is_better else best[-1])
        times = METRICS[search.metric].drawn
        default = next((trial.score * times for trial in done if trial.number == 0), None)
        others = tuple(trial.number for trial in search.trials if trial.status in ("pruned", "failed"))
        numbers, scores = tuple(trial.number for trial in done), tuple(trial.score * times for trial in done)
        return cls(search.axis_title, numbers, scores, tuple(each * times for each in best), default, others)

    @property
    def logarithmic(self) -> bool:
        """Whether scores span so much that a log scale shows them better."""
        return min(self.scores) > 0 and max(self.scores) > _LOG_ABOVE * min(self.scores)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        begun = "" if self.default is None else f" The options it began with: {rounded(self.default, 3)}."
        last = rounded(self.best[-1], 3)
        return f"{self.metric} of {counted(len(self.numbers), 'trial')}, the best so far at last {last}.{begun}"

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure, (axes,) = theme.panels(1)
        self._draw(axes)
        axes.set_yscale("log" if self.logarithmic else "linear")
        theme.people_ticks(axes.yaxis)
        theme.people_ticks(axes.xaxis)
        axes.set(title=self.title, xlabel="trial", ylabel=f"{self.metric}, mean of the folds")
        axes.legend(loc="best")
        return figure

    def _draw(self, axes: Any) -> None:
        from nbreg.plots import theme

        axes.scatter(self.numbers, self.scores, s=16, color=theme.BLUE, alpha=0.45, linewidths=0, label="trial")
        last = max((*self.numbers, *self.others))  # trials that were given up left the best as it was
        axes.step([*self.numbers, last], [*self.best, self.best[-1]], where="post", color=theme.BLUE, linewidth=1.8,
                  label="best so far")  # fmt: skip
        if self.default is not None:
            axes.axhline(self.default, color=theme.NO_VALUE, linewidth=1.2, linestyle="--", label="as it began")
        if self.others:
            low = axes.get_ylim()[0]
            axes.scatter(self.others, [low] * len(self.others), s=18, marker="x", color=theme.NO_VALUE, linewidths=1.1,
                         label="given up or failed", clip_on=False)  # fmt: skip
