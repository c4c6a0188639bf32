"""All trials of a search side by side: a line each, through its value of every option, to its score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.evaluation.metrics import METRICS, Metric
from nbreg.evaluation.wording import counted, tick
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo
from nbreg.search.entries import Choices, Entry, Range

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.search import Search
    from nbreg.search.trial import Trial


@dataclass(frozen=True)
class Coordinate:
    """One upright axis: its title, and what stands where, from 0 at the bottom to 1 at the top."""

    title: str
    ticks: tuple[tuple[float, str], ...]


@PLOTS.register("parallel_coordinates")
@dataclass(frozen=True)
class ParallelCoordinates(PlotInfo):
    """Trials that are done, the best last, so that it lies on top.

    `lines` are heights ``(n_trials, n_coordinates)``, None where an option did nothing; the last one is the score.
    `ranks` tell them apart by colour: 0 is the best, 1 the worst.
    """

    title = "Options of all trials, and what they came to"
    shows = "search"

    coordinates: tuple[Coordinate, ...]
    lines: tuple[tuple[float | None, ...], ...]
    ranks: tuple[float, ...]
    best: str

    @classmethod
    def of(cls, subject: Search, choices: PlotChoices = NO_CHOICES) -> ParallelCoordinates:
        """Return what there is to see of a search. Raises DataError before two trials are done in the space."""
        search, done = subject, [trial for trial in subject.trials if trial.is_done and trial.params]
        if len(done) < 2:
            raise DataError("It takes two trials that are done to be seen side by side.")
        done.sort(key=lambda trial: trial.score, reverse=not search.scoring.higher_is_better)
        entries = [each for each in search.space.entries if not each.has_one]
        scores = _Scale([trial.score for trial in done])
        lines = tuple((*(_height(each, trial) for each in entries), scores.height(trial.score)) for trial in done)
        last = Coordinate(search.metric_title, scores.ticks(METRICS[search.metric]))
        ranks = tuple(1 - i / max(len(done) - 1, 1) for i in range(len(done)))
        words = search.words(done[-1]).items()
        best = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in words)
        return cls((*map(_coordinate, entries), last), lines, ranks, best)

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        return f"The options of {counted(len(self.lines), 'trial')}, a line each. The best: {self.best}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        figure = theme.new_figure(max(theme.PANEL[0], 1.35 * len(self.coordinates)), theme.PANEL[1])
        axes = figure.subplots()
        self._draw_lines(axes)
        self._draw_coordinates(axes)
        axes.set_title(self.title)
        return figure

    def _draw_lines(self, axes: Any) -> None:
        import seaborn as sns

        from nbreg.plots import theme

        colours = sns.blend_palette([theme.RAISES, "#d9dde4", "#d9dde4"], as_cmap=True)
        for line, rank in zip(self.lines, self.ranks, strict=True):
            known = [(place, height) for place, height in enumerate(line) if height is not None]
            is_best = rank == 0
            axes.plot(*zip(*known, strict=True), color=theme.RAISES if is_best else colours(rank), alpha=0.9,
                      linewidth=2.2 if is_best else 1.0, zorder=4 if is_best else 2)  # fmt: skip

    def _draw_coordinates(self, axes: Any) -> None:
        from nbreg.plots import theme

        for place, coordinate in enumerate(self.coordinates):
            axes.axvline(place, color="#b9bfca", linewidth=1.0, zorder=3)
            for height, text in coordinate.ticks:
                axes.text(place + 0.03, height, text, fontsize=8, color=theme.INK, va="center", zorder=5,
                          bbox={"facecolor": theme.PAPER, "alpha": 0.88, "edgecolor": "none", "pad": 0.8})  # fmt: skip
        names = [theme.wrapped(each.title.replace("_", " "), 14) for each in self.coordinates]
        axes.set_xticks(range(len(names)), names, color=theme.INK)
        axes.set(yticks=[], ylim=(-0.06, 1.06), xlim=(-0.15, len(names) - 0.5))
        axes.grid(False)
        axes.spines[["left", "bottom"]].set_visible(False)


class _Scale:
    """Where scores stand between the smallest and the largest, by their logarithms where they span much."""

    def __init__(self, scores: Sequence[float]):
        self._low, self._high = (min(scores), max(scores)) if scores else (0.0, 1.0)
        self._is_log = self._low > 0 and self._high > 8 * self._low

    def height(self, score: float) -> float:
        if self._high == self._low:
            return 0.5
        if self._is_log:
            return math.log(score / self._low) / math.log(self._high / self._low)
        return (score - self._low) / (self._high - self._low)

    def ticks(self, metric: Metric) -> tuple[tuple[float, str], ...]:
        return tuple((self.height(each), metric.show(each, 3)) for each in dict.fromkeys((self._low, self._high)))


def _coordinate(entry: Entry) -> Coordinate:
    if isinstance(entry, Choices):
        texts = entry.texts()
        return Coordinate(entry.name, tuple((_among(i, len(texts)), text) for i, text in enumerate(texts)))
    points = entry.points(3)
    shown = points if len(points) <= 4 else (points[0], points[len(points) // 2], points[-1])
    return Coordinate(entry.name, tuple((_along(entry, each), tick(each)) for each in shown))


def _height(entry: Entry, trial: Trial) -> float | None:
    param = trial.params.get(entry.name)
    if param is None:
        return None
    return _along(entry, param) if isinstance(entry, Range) else _among(entry.texts().index(param), len(entry.values))


def _along(entry: Range, value: float) -> float:
    if entry.log:
        return math.log(value / entry.low) / math.log(entry.high / entry.low)
    return (value - entry.low) / (entry.high - entry.low)


def _among(i: int, n: int) -> float:
    return i / (n - 1)
