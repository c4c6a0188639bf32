"""How figures look, made without pyplot: no global figure, no change of backend, the user's own style untouched.

A figure stands on a light card of its own with round corners, so that its PNG reads well on a dark page too.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Pixels an inch: twice what a screen shows, so that text stays crisp.
DPI = 144
#: Width and height of one panel, inches.
PANEL = (5.2, 3.6)

PAPER, INK, SOFT, FAINT = "#ffffff", "#1f2430", "#5c6370", "#d9dde4"
#: From seaborn's "deep" palette: train blue, validation orange.
BLUE, ORANGE, GREEN = "#4c72b0", "#dd8452", "#55a868"

_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 9.5,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": "#b9bfca",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#eceef2",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
}

_LOCK = threading.Lock()


@contextmanager
def house_style() -> Iterator[None]:
    """Use our style within, whatever the notebook has set, and put all back after."""
    import matplotlib.style

    with _LOCK, matplotlib.style.context(["default", _STYLE]):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches on its card."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="none")
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12, rect=(0.004, 0.004, 0.992, 0.992))
    card = FancyBboxPatch(
        (0, 0), width, height, "round,pad=0,rounding_size=0.09",
        transform=figure.dpi_scale_trans, facecolor=PAPER, edgecolor="none", zorder=-10,
    )  # fmt: skip
    figure.add_artist(card)
    return figure


def panels(number: int) -> tuple[Figure, list[Any]]:
    """Return a figure with so many panels, two in a row at most, and their axes."""
    n_columns = min(number, 2)
    n_rows = -(-number // n_columns)
    figure = new_figure(PANEL[0] * n_columns, PANEL[1] * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel().tolist()
    for spare in grid[number:]:
        spare.remove()
    return figure, grid[:number]


def people_ticks(axis: Any) -> None:
    """Label an axis with numbers as people read them; whole decades (and 2 and 5 of each) on a log scale."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    from nbreg.evaluation.wording import tick

    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(subs=(1.0,) if high > 1000 * low else (1.0, 2.0, 5.0), numticks=12))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def to_png(figure: Figure) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes (no date, no version)."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=DPI, facecolor="none", metadata={"Software": None})
    return buffer.getvalue()
