"""A drawing of the network: a box for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import count, counted
from nbreg.plots.network_graph import Box, LayerInfo, arrows_of, boxes_of, layers_of, places_of
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo, regressor_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches.
MARGIN, TITLE, LEAST_WIDTH, LINE, GAP_ACROSS, GAP_DOWN, INSIDE = 0.3, 0.45, 3.0, 0.215, 0.3, 0.3, 0.13
#: Between folded columns, so that an arrow has its way between them.
GAP_COLUMNS = 0.75
#: Wider than a letter of 9.5 points (bold) and of 8.5 points is on average.
WIDE_LETTER, LETTER = 0.095, 0.076


@PLOTS.register("network")
@dataclass(frozen=True)
class Network(PlotInfo):
    """The layers of a Keras model, and how they hang together."""

    title = "Network"

    name: str
    layers: tuple[LayerInfo, ...]
    n_parameters: int

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> Network:
        return cls.of_model(regressor_part(subject, "network_", cls.title))

    @classmethod
    def of_model(cls, model: Any) -> Network:
        """Return the drawing of a Keras model."""
        return cls(model.name, layers_of(model), int(model.count_params()))

    @property
    def caption(self) -> str:
        n_layers = sum(layer.kind != "Input" for layer in self.layers)
        return f"{self.name}: {counted(n_layers, 'layer')}, {counted(self.n_parameters, 'parameter')}"

    @property
    def alt(self) -> str:
        each = [
            ", ".join(part for part in (f"{layer.kind} {layer.name}", layer.shape) if part) for layer in self.layers
        ]
        return f"Network {self.caption}. {'; '.join(each)}."

    def draw(self) -> Figure:
        from nbreg.plots import theme

        boxes = boxes_of(self.layers)
        page = Page(boxes, room=WIDE_LETTER * len(self.caption))
        figure = theme.new_figure(page.width, page.height)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, page.width), ylim=(page.height, 0))
        axes.set_axis_off()
        axes.text(MARGIN, MARGIN + 0.08, self.caption, fontsize=10.5, fontweight="bold", va="center")
        for source, target in arrows_of(boxes):
            _draw_arrow(axes, page.path(source, target))
        for box in boxes:
            _draw_box(axes, box, page)
        return figure


class Page:
    """Where boxes stand, in inches, y downwards; the caption above them needs so much `room`."""

    def __init__(self, boxes: tuple[Box, ...], room: float):
        self.places = places_of(boxes)
        self.heights = {box.name: LINE * box.n_lines + INSIDE for box in boxes}
        self.box_width = max(LEAST_WIDTH, *(_width(box) for box in boxes))
        columns = range(1 + max(place.column for place in self.places.values()))
        self.column_widths = [max(self._across(name) for name in self._names(column)) for column in columns]
        self.tops = {column: self._tops(column) for column in columns}
        inner = sum(self.column_widths) + GAP_COLUMNS * (len(columns) - 1)
        self.width = 2 * MARGIN + max(inner, room)
        self.height = MARGIN - GAP_DOWN + max(tops[-1] for tops in self.tops.values())

    def _names(self, column: int, line: int | None = None) -> list[str]:
        return [name for name, place in self.places.items() if place.column == column and line in (None, place.line)]

    def _across(self, name: str) -> float:
        abreast = self.places[name].abreast
        return abreast * self.box_width + (abreast - 1) * GAP_ACROSS

    def _tops(self, column: int) -> list[float]:
        """Return the top of each line, and of the one that would come next."""
        tops = [MARGIN + TITLE]
        for line in range(1 + max(self.places[name].line for name in self._names(column))):
            tops.append(tops[-1] + max(self.heights[name] for name in self._names(column, line)) + GAP_DOWN)
        return tops

    def _left(self, column: int) -> float:
        return MARGIN + sum(self.column_widths[:column]) + GAP_COLUMNS * column

    def corner(self, name: str) -> tuple[float, float]:
        """Return the upper left corner of a box: lines of fewer boxes stand in the middle of their column."""
        place = self.places[name]
        indent = (self.column_widths[place.column] - self._across(name)) / 2
        x = self._left(place.column) + indent + place.slot * (self.box_width + GAP_ACROSS)
        return x, self.tops[place.column][place.line]

    def path(self, source: str, target: str) -> list[tuple[float, float]]:
        """Return the corners of an arrow: down to the next line, else by way of the gap beside the column."""
        (x0, y0), (x1, y1) = self.corner(source), self.corner(target)
        start, end = self.places[source], self.places[target]
        if start.column == end.column and end.line == start.line + 1:
            x0, x1, y0 = x0 + self.box_width / 2, x1 + self.box_width / 2, y0 + self.heights[source]
            turn = y1 - GAP_DOWN / 2
            return [(x0, y0), *([(x0, turn), (x1, turn)] if x0 != x1 else []), (x1, y1)]
        right, y0, y1 = x0 + self.box_width, y0 + self.heights[source] / 2, y1 + self.heights[target] / 2
        if start.column == end.column:
            beside = self._left(start.column) + self.column_widths[start.column] + 0.16
            return [(right, y0), (beside, y0), (beside, y1), (x1 + self.box_width, y1)]
        beside = self._left(end.column) - GAP_COLUMNS * (0.5 if end.line == 0 else 0.35)
        return [(right, y0), (beside, y0), (beside, y1), (x1, y1)]


def _width(box: Box) -> float:
    """Return how wide a box must be for its texts."""
    widths = [2 * INSIDE + WIDE_LETTER * (len(box.layers[0].kind) + len(box.layers[0].shape) + 6)]
    for layer in box.layers:
        letters = len(layer.name) + len(_parameters(layer)) + (len(layer.shape) + 6 if len(box.layers) > 1 else 2)
        widths.append(2 * INSIDE + LETTER * letters)
    return max(widths)


def _parameters(layer: LayerInfo) -> str:
    return f"{count(layer.n_parameters)} parameters" if layer.n_parameters else ""


def _draw_box(axes: Any, box: Box, page: Page) -> None:
    from matplotlib.patches import FancyBboxPatch

    from nbreg.plots import theme

    (x, y), first = page.corner(box.name), box.layers[0]
    weighty = first.n_parameters > 0
    axes.add_patch(
        FancyBboxPatch(
            (x, y), page.box_width, page.heights[box.name], "round,pad=0,rounding_size=0.07", linewidth=1,
            facecolor="#edf1f8" if weighty else "#f6f7f9", edgecolor="#9fb3d4" if weighty else "#cfd4dc", zorder=3,
        )
    )  # fmt: skip
    alone = len(box.layers) == 1
    left, right, line = x + INSIDE, x + page.box_width - INSIDE, y + (INSIDE + LINE) / 2
    shown = {"va": "center", "zorder": 4}
    head = first.kind if alone else f"{len(box.layers)} × {first.kind}"
    axes.text(left, line, head, fontsize=9.5, fontweight="bold", **shown)
    if alone and first.shape:
        axes.text(right, line, f"→ {first.shape}", fontsize=9.5, ha="right", **shown)
    for layer in box.layers:
        line += LINE
        axes.text(left, line, layer.name, fontsize=8.5, color=theme.SOFT, **shown)
        arrow = f"   → {layer.shape}" if not alone and layer.shape else ""
        axes.text(right, line, _parameters(layer) + arrow, fontsize=8.5, color=theme.SOFT, ha="right", **shown)


def _draw_arrow(axes: Any, path: list[tuple[float, float]]) -> None:
    from nbreg.plots import theme

    look = {"color": theme.SOFT, "linewidth": 1.1}
    for (x0, y0), (x1, y1) in pairwise(path[:-1]):
        axes.plot([x0, x1], [y0, y1], solid_capstyle="round", zorder=2, **look)
    head = {"arrowstyle": "-|>,head_width=0.16,head_length=0.34", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", path[-1], path[-2], arrowprops={**look, **head}, zorder=2)
