"""The picture of interactions: a map of pairs."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.explanation.effects.interactions import Interactions
    from nbreg.explanation.explained import Floats

#: Of more features those that take part in the strongest interactions are drawn.
MOST_FEATURES = 12
#: Up to so many features there is room for numbers in the cells.
MOST_WITH_NUMBERS = 10
#: The darkest colour means at least this H squared: less is next to nothing.
LEAST_SHARE = 0.1


def interaction_figure(found: Interactions) -> Figure:
    """Return a figure with a row for each target: how large interactions are, and H squared."""
    from nbreg.plots import theme

    shown = _strongest(found)
    names = [_in_lines(found.feature_names[i]) for i in shown]
    cells = 0.46 * max(len(shown), 5)
    beside = 0.078 * max(len(line) for name in names for line in name.split("\n"))
    with theme.house_style():
        height = (cells + beside + 0.9) * len(found.target_names) + 0.3
        figure = theme.new_figure((cells + beside + 1.7) * 2, height)
        grid = figure.subplots(len(found.target_names), 2, squeeze=False)
        for row, target in zip(grid, found.target_names, strict=True):
            _draw_row(row, found.of_target(target), shown, names)
        _put_notes(figure, found, shown)
    return figure


def _in_lines(name: str) -> str:
    """Return a name in at most three lines, which fit a cell."""
    return fill(name, max(24, len(name) // 3 + 8))


def _strongest(found: Interactions) -> NDArray[np.intp]:
    """Return the features to draw, in their order."""
    if len(found.feature_names) <= MOST_FEATURES:
        return np.arange(len(found.feature_names))
    sizes = np.nan_to_num(found.sizes.reshape(*found.sizes.shape[:2], -1)).max(axis=(1, 2))
    strongest: NDArray[np.intp] = np.sort(np.argsort(-sizes, kind="stable")[:MOST_FEATURES])
    return strongest


def _draw_row(row: Any, found: Interactions, shown: NDArray[np.intp], names: list[str]) -> None:
    target, part = found.target_names[0], np.ix_(shown, shown)
    if found.values is None:
        sizes, title, label = found.sizes.copy(), f"Interactions for {target}", f"standard deviation, {target}"
    else:
        sizes, title = found.mean_interactions(), f"Shapley interactions for {target}"
        label = f"mean |interaction|, {target}"
    np.fill_diagonal(sizes, np.nan)
    shares = found.h_squared.copy()
    np.fill_diagonal(shares, found.total_h_squared)
    _draw_map(row[0], sizes[part], names, fill(title, 36), label, is_share=False)
    title = fill(f"H² for {target}", 36) + "\n(diagonal: with all others)"
    _draw_map(row[1], shares[part], names, title, "share of variance", is_share=True)


def _draw_map(axes: Any, cells: Floats, names: list[str], title: str, label: str, *, is_share: bool) -> None:
    import seaborn as sns

    from nbreg.plots import theme

    below = np.tril(np.ones(cells.shape, bool))
    cells, across, down = np.where(below, cells, np.nan), names, names
    if np.isnan(np.diag(cells)).all():  # nothing stands in the first line and the last column
        cells, across, down = cells[1:, :-1], names[:-1], names[1:]
    texts = np.array([[_cell_text(cell, is_share) for cell in line] for line in cells])
    most = max(float(np.nanmax(cells, initial=0)), LEAST_SHARE if is_share else 0) or 1.0
    sns.heatmap(
        cells, ax=axes, mask=~np.isfinite(cells), cmap="Blues", vmin=0, vmax=most, square=True, linewidths=0.8,
        annot=texts if len(names) <= MOST_WITH_NUMBERS else False, fmt="", annot_kws={"fontsize": 8},
        xticklabels=across, yticklabels=down, cbar_kws={"label": fill(label, 26), "shrink": 0.8},
    )  # fmt: skip
    axes.set_title(title)
    axes.grid(False)
    axes.tick_params(axis="y", labelrotation=0)
    axes.tick_params(axis="x", labelrotation=90)
    theme.people_ticks(axes.collections[0].colorbar.ax.yaxis)


def _cell_text(cell: float, is_share: bool) -> str:
    from nbreg.evaluation.wording import rounded

    if not np.isfinite(cell):
        return ""
    return ("0" if cell < 0.005 else f"{cell:.2f}") if is_share else rounded(float(cell))


def _put_notes(figure: Figure, found: Interactions, shown: NDArray[np.intp]) -> None:
    """Put what is to be kept in mind below the picture."""
    from nbreg.plots import theme

    lines = ["H² is relative: of what two features do together, which may be little.", *found.notices]
    if len(shown) < len(found.feature_names):
        lines.insert(0, f"Shown are the {len(shown)} of {len(found.feature_names)} features that interact most.")
    width = int(figure.get_size_inches()[0] * 15)
    text = "\n".join(fill(line, width) for line in lines)
    figure.supxlabel(text, x=0.02, ha="left", fontsize=8, color=theme.SOFT, multialignment="left")
