"""What a choice does: metrics by its values, with how sure they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import counted, tick
from nbreg.search.resampled import half_width
from nbreg.search.shown_metrics import SHOWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.search.study import Study

#: Metrics, and values of any option, that span more than this many times are drawn on a log scale; a number stands at
#: each of so many values.
LOG_ABOVE, _MOST_TICKS = 8.0, 8
#: The learning curve is drawn up to so many times the rows, through so many points, and told at these.
_REACH, _FINE, _TOLD = 10.0, 80, (2, 10)
#: Each fold's result stands so many points to the right of the mean.
_ASIDE = 7.0
#: The height of a word, as a share of what an axis spans.
_WORD = 0.1


@dataclass(frozen=True)
class Band:
    """A learning curve beyond the values that there are: errors at `x`, and between which they lie with 90 per cent."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Panel:
    """One metric of one target: by value its mean and half a 95 % interval (NaN: not known), and each fold's result.

    `folds` are pairs of a value's position and a result; `best` is the position of the value that is really best.
    """

    title: str
    metric: str
    higher_is_better: bool
    means: tuple[float, ...]
    halves: tuple[float, ...]
    folds: tuple[tuple[int, float], ...]
    best: int | None = None
    band: Band | None = None

    @property
    def logarithmic(self) -> bool:
        """Whether means span so much that a log scale shows them better."""
        known = [mean for mean in self.means if not math.isnan(mean)]
        lowest = min([*known, *(value for _, value in self.folds)], default=0.0)
        return not self.higher_is_better and lowest > 0 and max(known, default=0.0) > LOG_ABOVE * min(known, default=1)


@dataclass(frozen=True)
class StudyPlot:
    """A panel for each target and metric; `x` are the places of the values on an axis of kind `axis`."""

    factor: str
    axis: str
    labels: tuple[str, ...]
    x: tuple[float, ...]
    panels: tuple[Panel, ...]

    @classmethod
    def of(cls, study: Study) -> StudyPlot:
        """Return what there is to see of a study of one factor, so far."""
        values = [value for (value,) in study.points]
        axis = axis_of(study.factors[0].axis, values)
        x = range(len(values)) if axis == "names" else values
        labels = tuple(study.label(i) for i in range(len(values)))
        panels = tuple(_panels(study))
        return cls(study.factors[0].title, axis, labels, tuple(map(float, x)), panels)

    def parts(self) -> list[StudyPlot]:
        """Return a picture for each panel: a page sets as many side by side as it has room for."""
        return [replace(self, panels=(panel,)) for panel in self.panels]

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        metrics = dict.fromkeys(panel.title for panel in self.panels)
        best = {self.labels[panel.best] for panel in self.panels if panel.best is not None}
        marked = f" Marked as best: {', '.join(sorted(best))}." if best else " No value is marked as best."
        return f"{', '.join(metrics)} by {self.factor}, for {counted(len(self.labels), 'value')}.{marked}"

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else: it is not known to pyplot."""
        from nbreg.plots import theme

        with theme.house_style():
            return self.draw()

    def draw(self) -> Figure:
        """Return a figure; called within the house style."""
        from nbreg.plots import theme

        figure, grid = theme.panels(len(self.panels))
        for axes, panel in zip(grid, self.panels, strict=True):
            self._draw(axes, panel)
        return figure

    def _draw(self, axes: Any, panel: Panel) -> None:
        from nbreg.plots import theme

        self._draw_folds(axes, panel)
        self._draw_means(axes, panel)
        if panel.band is not None:
            self._draw_band(axes, panel.band)
        axes.set_yscale("log" if panel.logarithmic else "linear")
        if panel.logarithmic:  # intervals may reach down to next to nothing
            axes.set_ylim(bottom=0.7 * min(value for _, value in panel.folds))
        if panel.best is not None:
            self._mark_best(axes, panel.best, panel.means[panel.best])
        self._name_values(axes, beyond=panel.band is not None)
        axes.set(title=panel.title, xlabel=self.factor, ylabel=panel.metric)
        theme.people_ticks(axes.yaxis)

    def _draw_folds(self, axes: Any, panel: Panel) -> None:
        """Draw each fold's result, to the right of the mean, which would hide it."""
        from matplotlib.transforms import ScaledTranslation

        from nbreg.plots import theme

        if panel.folds:
            x, y = zip(*((self.x[i], value) for i, value in panel.folds), strict=True)
            aside = axes.transData + ScaledTranslation(_ASIDE / 72, 0, axes.figure.dpi_scale_trans)
            axes.scatter(x, y, color=theme.NO_VALUE, alpha=0.6, s=13, linewidth=0, zorder=2, transform=aside)
            axes.update_datalim(list(zip(x, y, strict=True)))  # what is moved aside does not count for it by itself

    def _draw_means(self, axes: Any, panel: Panel) -> None:
        from nbreg.plots import theme

        means, halves = np.array(panel.means), np.array(panel.halves)
        known = ~np.isnan(means)
        x, y, reach = np.array(self.x)[known], means[known], np.nan_to_num(halves[known])
        # No error is below zero, and a log scale has no zero.
        below = reach if panel.higher_is_better else np.minimum(reach, y * (0.999 if panel.logarithmic else 1.0))
        joined = "" if self.axis == "names" else "-"
        axes.errorbar(
            x, y, yerr=(below, reach), fmt=f"o{joined}", color=theme.BLUE, markersize=5.5, linewidth=1.6,
            elinewidth=1.3, capsize=3, zorder=3,
        )  # fmt: skip

    def _draw_band(self, axes: Any, band: Band) -> None:
        from nbreg.plots import theme

        axes.plot(band.x, band.y, color=theme.ORANGE, linewidth=1.4, linestyle=(0, (4, 3)), zorder=2)
        axes.fill_between(band.x, band.low, band.high, color=theme.ORANGE, alpha=0.16, linewidth=0, zorder=1)

    def _mark_best(self, axes: Any, point: int, mean: float) -> None:
        """Mark a point in green, and name it above all that is drawn, where no interval can be."""
        from nbreg.plots import theme

        _make_room_above(axes)
        axes.plot([self.x[point]], [mean], "o", color=theme.GREEN, markersize=8.5, zorder=5)
        axes.axvline(self.x[point], color=theme.GREEN, alpha=0.1, linewidth=16, zorder=0.5)
        axes.annotate(
            "best", (self.x[point], 1.0), (0, -3), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
            ha="center", va="top", fontsize=9, color=theme.GREEN, fontweight="bold", zorder=6,
        )  # fmt: skip

    def _name_values(self, axes: Any, beyond: bool) -> None:
        from matplotlib.ticker import NullFormatter, NullLocator

        from nbreg.plots import theme

        if self.axis == "names":
            several = len(self.labels) > 5 or max(map(len, self.labels)) > 12
            turned = {"rotation": 25, "ha": "right", "rotation_mode": "anchor"} if several else {}
            axes.set_xticks(self.x, [theme.shortened(label, 22) for label in self.labels], color=theme.INK, **turned)
            axes.set_xlim(-0.5, len(self.x) - 0.5)
            axes.grid(visible=False, axis="x")
            return
        axes.set_xscale(self.axis)
        if len(self.x) > _MOST_TICKS:
            theme.people_ticks(axes.xaxis)
            return
        more = [round(max(self.x) * times) for times in _TOLD] if beyond else []
        axes.set_xticks([*self.x, *more], [*self.labels, *map(tick, more)])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())


def _make_room_above(axes: Any) -> None:
    """Let the axis of metrics reach higher, by the height of a word."""
    forth, back = axes.yaxis.get_transform().transform, axes.yaxis.get_transform().inverted().transform
    low, high = forth(np.array(axes.get_ylim()))
    axes.set_ylim(top=back(np.array([high + _WORD * (high - low)]))[0])


def axis_of(wanted: str, values: list[Any]) -> str:
    """Return the kind of axis that values stand on: ``log``, ``linear`` or ``names``; ``auto`` goes by their span."""
    are_numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    if not are_numbers or wanted == "names":
        return "names"
    spans = min(values) > 0 and (wanted == "log" or max(values) > LOG_ABOVE * min(values))
    return "log" if spans and wanted != "linear" else "linear"


def _panels(study: Study) -> Iterator[Panel]:
    for target in study.targets:
        found, judge = study.findings(target), study.judge(target)
        for name in study.metrics:
            metric = SHOWN[name]
            intervals = [study.interval(i, name, target) for i in range(len(study.points))]
            if all(math.isnan(each.mean) for each in intervals):
                continue  # it is not defined for this target
            unit = metric.drawn
            results = [(i, study.results(i, name, target) * unit) for i in range(len(study.points))]
            of = f" of {target}" if len(study.targets) > 1 else ""
            yield Panel(
                title=f"{metric.title}{of}",
                metric=metric.axis_title,
                higher_is_better=metric.higher_is_better,
                means=tuple(each.mean * unit for each in intervals),
                halves=tuple(half_width(each) * unit for each in intervals),
                folds=tuple((i, float(value)) for i, row in results for value in row if not math.isnan(value)),
                best=found.best if found and name == judge else None,
                band=_band(study, target) if name == judge else None,
            )


def _band(study: Study, target: str) -> Band | None:
    curve = study.curve(target)
    if curve is None:
        return None
    x = np.geomspace(curve.sizes[0], curve.sizes[-1] * _REACH, _FINE)
    low, high = curve.band(x)
    return Band(*(tuple(values.tolist()) for values in (x, curve.at(x), low, high)))
