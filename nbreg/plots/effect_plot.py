"""The picture of an effect: curves, levels or a map, and beside it where the data is."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.effects.axis import Axis
    from nbreg.explanation.effects.effect import Effect

#: So many single curves are drawn; more would be a grey field.
MOST_CURVES = 50
#: So many rows are drawn on a map.
MOST_DOTS = 300
#: So many small cells are along a side of a map.
CELLS = 120
#: Longer names are broken into lines of so many letters: of levels, and of features.
LEVEL_WIDTH, NAME_WIDTH = 26, 58


def effect_figure(effect: Effect) -> Figure:
    """Return a figure with a panel for each target; it is not known to pyplot."""
    from nbreg.plots import theme

    with theme.house_style():
        parts = [effect.of_target(name) for name in effect.target_names]
        if len(effect.axes) == 2:
            return _of_maps(parts)
        return _of_levels(parts) if effect.axes[0].levels is not None else _of_curves(parts)


def _of_curves(parts: list[Effect]) -> Figure:
    from nbreg.plots import theme

    figure = theme.new_figure(theme.PANEL[0] * 1.15 * len(parts), theme.PANEL[1] * 1.15 + _extra_lines(parts[0]))
    grid = figure.subplots(2, len(parts), squeeze=False, height_ratios=(7, 1), sharex="col")
    for (main, strip), effect in zip(grid.T, parts, strict=True):
        axis = effect.axes[0]
        _draw_curves(main, effect)
        _draw_strip(strip, axis)
        _name_numbers(strip.xaxis, axis)
        strip.set_xlabel(fill(axis.name, NAME_WIDTH))
        main.set_title(_title(effect))
    _put_notes(figure, parts)
    return figure


def _draw_curves(axes: Any, effect: Effect) -> None:
    from nbreg.plots import theme

    x, target = effect.axes[0].numbers, effect.target_names[0]
    marker = "o" if len(x) <= 12 else None
    if effect.curves is not None:
        shown = effect.curves[_evenly(len(effect.curves), MOST_CURVES)]
        axes.plot(x, shown.T, color=theme.BLUE, alpha=0.28, linewidth=0.8)
        axes.plot([], [], color=theme.BLUE, alpha=0.5, linewidth=0.8, label="single rows")
    elif effect.spread is not None:
        low, high = effect.values - effect.spread, effect.values + effect.spread
        label = "how far single rows' curves differ"
        axes.fill_between(x, low, high, color=theme.BLUE, alpha=0.16, linewidth=0, label=label)
    colour = theme.ORANGE if effect.curves is not None else theme.BLUE
    label = "accumulated local effect" if effect.kind == "ale" else "mean over rows"
    axes.plot(x, effect.values, color=colour, linewidth=2, marker=marker, markersize=4, label=label)
    if effect.kind == "ale":
        axes.axhline(0, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    else:
        axes.legend(loc="best", fontsize=8)
    axes.set_ylabel(fill(effect.measure(target), 44))
    axes.tick_params(labelbottom=False)
    _widen_where_flat(effect, axes.set_ylim)
    theme.people_ticks(axes.yaxis)


def _draw_strip(axes: Any, axis: Axis) -> None:
    """Draw how many rows there are where."""
    from nbreg.plots import theme

    known = axis.observed[np.isfinite(axis.observed)]
    axes.hist(known, bins=40, range=(axis.numbers[0], axis.numbers[-1]), color=theme.SOFT, alpha=0.55, linewidth=0)
    axes.set_ylabel("rows", rotation=0, ha="right", va="center")
    axes.set_yticks([])
    axes.grid(False)
    axes.spines["left"].set_visible(False)


# Levels


def _of_levels(parts: list[Effect]) -> Figure:
    from nbreg.plots import theme

    names = [_level(level) for level in parts[0].axes[0].texts]
    n_lines = sum(name.count("\n") + 1 for name in names)
    height = max(theme.PANEL[1] * 0.75, 1.15 + 0.21 * n_lines + 0.06 * len(names)) + _extra_lines(parts[0])
    figure = theme.new_figure(theme.PANEL[0] * 1.25 * len(parts), height)
    grid = figure.subplots(1, 2 * len(parts), squeeze=False, width_ratios=(5, 1) * len(parts), sharey=True)[0]
    for i, effect in enumerate(parts):
        main, strip = grid[2 * i], grid[2 * i + 1]
        _draw_levels(main, effect)
        _draw_counts(strip, effect.axes[0])
        main.set_yticks(effect.axes[0].numbers, names)
        main.set_ylabel(fill(effect.axes[0].name, 44) if i == 0 else "")
        main.set_title(_title(effect))
    _put_notes(figure, parts)
    return figure


def _draw_levels(axes: Any, effect: Effect) -> None:
    from nbreg.plots import theme

    y, target = effect.axes[0].numbers, effect.target_names[0]
    if effect.curves is not None:
        shown = effect.curves[_evenly(len(effect.curves), MOST_CURVES)]
        axes.plot(shown.T, y, color=theme.BLUE, alpha=0.22, linewidth=0.7, marker="o", markersize=2.5)
    elif effect.spread is not None:
        axes.errorbar(
            effect.values, y, xerr=effect.spread, fmt="none", ecolor=theme.BLUE, alpha=0.35, elinewidth=5, zorder=2
        )
    if effect.kind == "ale":
        axes.hlines(y, 0, effect.values, color=theme.BLUE, alpha=0.45, linewidth=3)
        axes.axvline(0, color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
    colour = theme.ORANGE if effect.curves is not None else theme.BLUE
    axes.plot(effect.values, y, "o", color=colour, markersize=6, zorder=4)
    axes.set_xlabel(fill(effect.measure(target), NAME_WIDTH))
    axes.set_ylim(-0.6, len(y) - 0.4)
    axes.grid(axis="y", visible=False)
    _widen_where_flat(effect, axes.set_xlim)
    theme.people_ticks(axes.xaxis)


def _draw_counts(axes: Any, axis: Axis) -> None:
    from nbreg.plots import theme

    counts = [(axis.observed == number).sum() for number in axis.numbers]
    axes.barh(axis.numbers, counts, height=0.6, color=theme.SOFT, alpha=0.55, linewidth=0)
    axes.set_xlabel("rows")
    axes.tick_params(labelleft=False)
    theme.people_ticks(axes.xaxis)
    axes.xaxis.get_major_locator().set_params(nbins=2)
    axes.grid(axis="y", visible=False)


# Maps


def _of_maps(parts: list[Effect]) -> Figure:
    from nbreg.plots import theme

    across, upwards = _sides(parts[0])
    width = 1.3 + _length(across) + _margin(upwards)
    height = (
        0.5 + 0.17 * _title(parts[0]).count("\n") + _length(upwards) + (_margin(across) if _is_wordy(across) else 0)
    )
    figure = theme.new_figure(width * len(parts), height)
    for axes, effect in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True):
        _draw_map(figure, axes, effect)
        axes.set_title(_title(effect))
    _put_notes(figure, parts)
    return figure


def _sides(effect: Effect) -> tuple[Axis, Axis]:
    """Return what goes across and what upwards: a category upwards if need be, where its names have room."""
    first, second = effect.axes
    return (second, first) if first.levels is not None and second.levels is None else (first, second)


def _length(axis: Axis) -> float:
    """Return the inches that a side of a map takes, with a line for each level's name."""
    if axis.levels is None:
        return 3.7
    return max(3.7, 0.3 * sum(_level(level).count("\n") + 1 for level in axis.levels))


def _margin(axis: Axis) -> float:
    """Return the inches that the names at a side take."""
    if axis.levels is None:
        return 0.7
    return 0.5 + 0.075 * max(len(line) for level in axis.levels for line in _level(level).split("\n"))


def _level(text: str) -> str:
    return fill(text, LEVEL_WIDTH)


def _draw_map(figure: Figure, axes: Any, effect: Effect) -> None:
    from nbreg.plots import theme

    across, upwards = _sides(effect)
    values = effect.values if across is effect.axes[0] else effect.values.T
    colours: dict[str, Any] = {"cmap": "viridis"}
    if effect.kind == "ale":
        most = max(float(np.abs(values).max()), 1e-300)
        colours = {"cmap": _diverging(), "vmin": -most, "vmax": most}
    cells = _finer(_finer(values, across).T, upwards)
    mesh = axes.pcolormesh(_edges(across), _edges(upwards), cells, **colours)
    _hatch_where_empty(axes, effect)
    bar = figure.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label(fill(effect.measure(effect.target_names[0]), 36))
    theme.people_ticks(bar.ax.yaxis)
    bar.outline.set_visible(False)
    _draw_dots(axes, across, upwards)
    for axis, ticks, called in ((across, axes.xaxis, axes.set_xlabel), (upwards, axes.yaxis, axes.set_ylabel)):
        called(fill(axis.name, 44))
        _name_numbers(ticks, axis)
    if _is_wordy(across):
        axes.tick_params(axis="x", labelrotation=90)
    axes.grid(False)


def _finer(values: Any, axis: Axis) -> Any:
    """Return the values of a map at the centres of many small cells along its first side; levels as they are."""
    if axis.levels is not None:
        return values
    edges = _edges(axis)
    centres = (edges[1:] + edges[:-1]) / 2
    return np.column_stack([np.interp(centres, axis.numbers, column) for column in values.T])


def _edges(axis: Axis) -> Any:
    if axis.levels is not None:
        return np.arange(len(axis) + 1) - 0.5
    return np.linspace(axis.numbers[0], axis.numbers[-1], CELLS + 1)


def _hatch_where_empty(axes: Any, effect: Effect) -> None:
    """Hatch cells that no row lies in: what is shown there is the change of a neighbour's."""
    from nbreg.plots import theme

    if effect.empty is None or not _has_hatched(effect):
        return
    across, upwards = effect.axes
    for i, j in np.argwhere(effect.empty):
        (left, right), (low, high) = across.numbers[i : i + 2], upwards.numbers[j : j + 2]
        axes.fill_between([left, right], low, high, facecolor="none", edgecolor=theme.FAINT, hatch="////", linewidth=0)


def _has_hatched(effect: Effect) -> bool:
    return effect.empty is not None and bool(effect.empty.any()) and all(axis.levels is None for axis in effect.axes)


def _draw_dots(axes: Any, across: Axis, upwards: Axis) -> None:
    """Draw where rows are; those of one level are moved apart a little."""
    known = np.flatnonzero(np.isfinite(across.observed) & np.isfinite(upwards.observed))
    rows = known[_evenly(len(known), MOST_DOTS)]
    rng = np.random.default_rng(0)
    places = [
        axis.observed[rows] + (rng.uniform(-0.3, 0.3, len(rows)) if axis.levels is not None else 0)
        for axis in (across, upwards)
    ]
    axes.scatter(*places, s=7, color="white", edgecolor="#1f2430", linewidth=0.4, alpha=0.75, zorder=3)


def _diverging() -> Any:
    import seaborn as sns

    return sns.color_palette("vlag", as_cmap=True)


def _is_wordy(axis: Axis) -> bool:
    """Return whether the levels' names are too long to stand side by side."""
    return axis.levels is not None and sum(len(level) + 2 for level in axis.levels) > 52


# What all have in common


def _name_numbers(ticks: Any, axis: Axis) -> None:
    from nbreg.plots import theme

    if axis.levels is not None:
        ticks.set_ticks(axis.numbers, [_level(level) for level in axis.levels])
    elif axis.kind == "date":
        theme.date_ticks(ticks)
    else:
        theme.people_ticks(ticks)


def _title(effect: Effect) -> str:
    from nbreg.explanation.effects.effect import TITLES

    return fill(f"{TITLES[effect.kind].capitalize()} of {' and '.join(effect.feature_names)}", 56)


def _extra_lines(effect: Effect) -> float:
    """Return the inches that long names and notes take beyond one line each."""
    lines = _title(effect).count("\n") + fill(effect.axes[0].name, NAME_WIDTH).count("\n") + len(effect.notices)
    return 0.17 * (lines + len(_reading(effect)))


def _widen_where_flat(effect: Effect, set_limits: Any) -> None:
    """Give an axis a range where all values are the same."""
    drawn = effect.values if effect.curves is None else effect.curves
    size = float(np.abs(drawn).max())
    if np.ptp(drawn) <= 1e-9 * size:
        middle = float(drawn.flat[0])
        set_limits(middle - (0.05 * size or 1), middle + (0.05 * size or 1))


def _put_notes(figure: Figure, parts: list[Effect]) -> None:
    """Put what is to be kept in mind below the picture."""
    from nbreg.explanation.effects.effect import interaction_words
    from nbreg.plots import theme

    several = len(parts) > 1
    said = [(f"{part.target_names[0]}: " if several else "") + interaction_words(part) for part in parts]
    lines = [*said, *_reading(parts[0]), *parts[0].notices]
    width = int(figure.get_size_inches()[0] * 15)
    text = "\n".join(fill(line, width) for line in lines if line.strip())
    if text:
        figure.supxlabel(text, x=0.02, ha="left", fontsize=8, color=theme.SOFT, multialignment="left")


def _reading(effect: Effect) -> list[str]:
    """Return how to read what has no legend."""
    if effect.spread is not None and effect.kind == "pdp" and effect.axes[0].levels is not None:
        return ["Bars: how far single rows differ from the mean (standard deviation of their curves' shapes)."]
    if _has_hatched(effect):
        return ["Hatched: no row lies there."]
    return []


def _evenly(number: int, most: int) -> Any:
    """Return at most so many positions, spread evenly."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(int))
