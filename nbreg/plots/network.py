"""A drawing of the network: a box for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import count, counted
from nbreg.plots.network_graph import Box, Place, boxes, places
from nbreg.plots.plot import PLOTS, PlotInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches.
MARGIN, TITLE, WIDTH, HEIGHT, GAP_ACROSS, GAP_DOWN = 0.3, 0.45, 3.1, 0.56, 0.3, 0.3
#: Between folded columns, so that an arrow has its way between them.
GAP_COLUMNS = 0.75


@PLOTS.register("network")
@dataclass(frozen=True)
class Network(PlotInfo):
    """The layers of a Keras model, and how they hang together."""

    title = "Network"

    name: str
    boxes: tuple[Box, ...]
    n_parameters: int

    @classmethod
    def of(cls, regressor: Any) -> Network:
        return cls.of_model(regressor.network_)

    @classmethod
    def of_model(cls, model: Any) -> Network:
        """Return the drawing of a Keras model."""
        return cls(model.name, boxes(model), int(model.count_params()))

    @property
    def caption(self) -> str:
        layers = sum(box.kind != "Input" for box in self.boxes)
        return f"{self.name}: {counted(layers, 'layer')}, {counted(self.n_parameters, 'parameter')}"

    @property
    def alt(self) -> str:
        each = [", ".join(part for part in (f"{box.kind} {box.name}", box.shape) if part) for box in self.boxes]
        return f"Network {self.caption}. {'; '.join(each)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        page = _Page(places(self.boxes))
        figure = theme.new_figure(page.width, page.height)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, page.width), ylim=(page.height, 0))
        axes.set_axis_off()
        axes.text(MARGIN, MARGIN + 0.08, self.caption, fontsize=10.5, fontweight="bold", va="center")
        for box in self.boxes:
            for source in box.sources:
                _draw_arrow(axes, page, source, box.name)
        for box in self.boxes:
            _draw_box(axes, box, *page.corner(box.name))
        return figure


class _Page:
    """Places of boxes in inches, y downwards."""

    def __init__(self, placed: dict[str, Place]):
        self.placed = placed
        widest = [
            max(place.abreast for place in placed.values() if place.column == column)
            for column in range(1 + max(place.column for place in placed.values()))
        ]
        self.column_widths = [number * WIDTH + (number - 1) * GAP_ACROSS for number in widest]
        self.n_lines = 1 + max(place.line for place in placed.values())
        self.width = 2 * MARGIN + sum(self.column_widths) + GAP_COLUMNS * (len(widest) - 1)
        self.width = max(self.width, 2 * MARGIN + 4.2)  # room for the caption
        self.height = 2 * MARGIN + TITLE + self.n_lines * HEIGHT + (self.n_lines - 1) * GAP_DOWN

    def corner(self, name: str) -> tuple[float, float]:
        """Return the upper left corner of a box: lines of fewer boxes stand in the middle of their column."""
        place = self.placed[name]
        left = MARGIN + sum(self.column_widths[: place.column]) + GAP_COLUMNS * place.column
        own = place.abreast * WIDTH + (place.abreast - 1) * GAP_ACROSS
        x = left + (self.column_widths[place.column] - own) / 2 + place.slot * (WIDTH + GAP_ACROSS)
        return x, MARGIN + TITLE + place.line * (HEIGHT + GAP_DOWN)


def _draw_box(axes: Any, box: Box, x: float, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    from nbreg.plots import theme

    weighty = box.n_parameters > 0
    axes.add_patch(
        FancyBboxPatch(
            (x, y), WIDTH, HEIGHT, "round,pad=0,rounding_size=0.07", linewidth=1,
            facecolor="#edf1f8" if weighty else "#f6f7f9", edgecolor="#9fb3d4" if weighty else "#cfd4dc", zorder=3,
        )
    )  # fmt: skip
    upper, lower = y + 0.19, y + HEIGHT - 0.16
    left, right = x + 0.13, x + WIDTH - 0.13
    shown = {"va": "center", "zorder": 4}
    axes.text(left, upper, box.kind, fontsize=9.5, fontweight="bold", **shown)
    axes.text(left, lower, box.name, fontsize=8.5, color=theme.SOFT, **shown)
    if box.shape:
        axes.text(right, upper, f"→ {box.shape}", fontsize=9.5, ha="right", **shown)
    if weighty:
        axes.text(
            right, lower, f"{count(box.n_parameters)} parameters", fontsize=8.5, color=theme.SOFT, ha="right", **shown
        )


def _draw_arrow(axes: Any, page: _Page, source: str, target: str) -> None:
    from nbreg.plots import theme

    path = _path(page, source, target)
    look = {"arrowstyle": "-|>,head_width=0.16,head_length=0.34", "color": theme.SOFT, "linewidth": 1.1}
    for start, end in pairwise(path[:-1]):
        axes.plot(*zip(start, end, strict=True), color=theme.SOFT, linewidth=1.1, solid_capstyle="round", zorder=2)
    axes.annotate("", path[-1], path[-2], arrowprops={**look, "shrinkA": 0, "shrinkB": 0}, zorder=2)


def _path(page: _Page, source: str, target: str) -> list[tuple[float, float]]:
    """Return the corners of an arrow: straight down to the next line, else by way of the gap beside the column."""
    (x0, y0), (x1, y1) = page.corner(source), page.corner(target)
    start, end = page.placed[source], page.placed[target]
    if start.column == end.column and end.line == start.line + 1:
        middle = (y0 + HEIGHT + y1) / 2
        below, above = x0 + WIDTH / 2, x1 + WIDTH / 2
        bend = [] if below == above else [(below, middle - 0.03), (above, middle - 0.03)]
        return [(below, y0 + HEIGHT), *bend, (above, y1)]
    if start.column < end.column:
        beside = x1 - GAP_COLUMNS / 2
        return [
            (x0 + WIDTH, y0 + HEIGHT / 2),
            (beside, y0 + HEIGHT / 2),
            (beside, y1 + HEIGHT / 2),
            (x1, y1 + HEIGHT / 2),
        ]
    beside = max(x0, x1) + WIDTH + 0.16
    return [
        (x0 + WIDTH, y0 + HEIGHT / 2),
        (beside, y0 + HEIGHT / 2),
        (beside, y1 + HEIGHT / 2),
        (x1 + WIDTH, y1 + HEIGHT / 2),
    ]
