"""A violin for each layer, with its figures above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A violin looks the same with more values.
MOST_VALUES = 5_000
#: Inches for a violin and the figures above it.
LINE = 0.78
WIDTH = 5.6


class Violin(NamedTuple):
    """One layer's `values` ``(n,)``, its `name`, and what is said of it."""

    name: str
    words: str
    values: NDArray[np.float64]


class Panel(NamedTuple):
    """Violins that share an axis called `label`."""

    title: str
    label: str
    violins: Sequence[Violin]


def draw_violins(panels: Sequence[Panel]) -> Figure:
    """Return a figure with panels side by side, a line for each violin."""
    from nbreg.plots import theme

    most = max(len(panel.violins) for panel in panels)
    figure = theme.new_figure(WIDTH * len(panels), max(2.0, 1.1 + LINE * most))
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        _draw_panel(axes, panel, most)
    return figure


def _draw_panel(axes: Any, panel: Panel, n_lines: int) -> None:
    import seaborn as sns

    from nbreg.plots import theme

    for line, violin in enumerate(panel.violins):
        values = _some(violin.values)
        if len(values) > 1 and np.ptp(values) > 0:
            sns.violinplot(
                x=values, y=np.full(len(values), line), ax=axes, orient="y", native_scale=True, color=theme.BLUE,
                saturation=1, cut=0, inner=None, linewidth=0, width=0.62, density_norm="width",
            )  # fmt: skip
        elif len(values):
            axes.plot([values[0]] * 2, [line - 0.25, line + 0.25], color=theme.BLUE, linewidth=2)
        axes.annotate(
            violin.words, (0.0, line - 0.36), (2, 0), xycoords=axes.get_yaxis_transform(), va="bottom",
            textcoords="offset points", fontsize=8.5, color=theme.SOFT, zorder=5,
            bbox={"facecolor": theme.PAPER, "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
    axes.axvline(0, color=theme.INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    theme.label_lines(axes, [theme.wrapped(violin.name, 20) for violin in panel.violins])
    axes.set_ylim(n_lines - 0.55, -0.72)
    axes.grid(visible=False, axis="y")
    axes.set_title(panel.title)
    axes.set_xlabel(panel.label)
    theme.people_ticks(axes.xaxis)


def _some(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most `MOST_VALUES` of the values, spread as all are."""
    if len(values) <= MOST_VALUES:
        return values
    places: NDArray[np.float64] = np.quantile(values, np.linspace(0, 1, MOST_VALUES))
    return places
