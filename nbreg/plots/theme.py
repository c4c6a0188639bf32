"""How figures look, made without pyplot: no global figure, no change of backend, the user's own style untouched.

A figure stands on a light card of its own with round corners, so that its PNG reads well on a dark page too.
"""

from __future__ import annotations

import io
import math
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
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
#: For what lowers and what raises a prediction, and where there is no value to colour by.
LOWERS, RAISES, NO_VALUE = BLUE, "#c44e52", "#9aa0ab"

#: Fonts with letters that ours lacks, on systems that have them.
_OTHER_FONTS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic",
    "Malgun Gothic", "WenQuanYi Zen Hei", "Noto Sans", "Arial Unicode MS",
)  # fmt: skip

_STYLE = {
    "text.parse_math": False,  # a dollar sign in a column's name is one
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

    style = {**_STYLE, "font.family": ["DejaVu Sans", *_fonts_for_other_scripts()]}
    with _LOCK, matplotlib.style.context(["default", style]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands for such a letter
        yield


@cache
def _fonts_for_other_scripts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return tuple(name for name in _OTHER_FONTS if name in there)


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


def panels(number: int, most: int = 2, height: float = PANEL[1]) -> tuple[Figure, list[Any]]:
    """Return a figure with so many panels, `most` in a row, each `height` inches high, and their axes."""
    n_columns = min(number, most)
    n_rows = -(-number // n_columns)
    figure = new_figure(PANEL[0] * n_columns, height * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel().tolist()
    for spare in grid[number:]:
        spare.remove()
    return figure, grid[:number]


def people_ticks(axis: Any) -> None:
    """Label an axis with numbers as people read them; whole decades (and 2 and 5 of each) on a log scale.

    Very small and very large numbers are told in a power of ten that stands at the end of the axis.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    from nbreg.evaluation.wording import tick

    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(subs=(1.0,) if high > 1000 * low else (1.0, 2.0, 5.0), numticks=12))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    else:
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(_in_powers_of_ten(axis))
        if axis.axis_name == "x":  # to the left of the axis, for its label may reach to the right
            axis.get_offset_text().set(x=-0.01, horizontalalignment="right")


def date_ticks(axis: Any) -> None:
    """Label an axis with dates as people read them: a day with its month, and the year at the end of the axis."""
    from matplotlib import dates as module

    dates: Any = module
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    axis.set_major_locator(locator)
    axis.set_major_formatter(
        dates.ConciseDateFormatter(
            locator,
            formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"],
            zero_formats=["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
            offset_formats=["", "", "%Y", "%d %b %Y", "%d %b %Y", "%d %b %Y, %H:%M"],
        )
    )


def _in_powers_of_ten(axis: Any) -> Any:
    """Return what labels ticks: by themselves, or as multiples of a power of ten that it names as the offset."""
    from matplotlib.ticker import FuncFormatter

    from nbreg.evaluation.wording import power_of_ten, tick

    def label(value: float, place: int) -> str:
        sizes = [abs(each) for each in axis.get_majorticklocs()]
        exponent = _exponent(max(sizes, default=0.0))
        formatter.set_offset_string(f"× {power_of_ten(exponent)}" if exponent else "")
        return tick(value / 10.0**exponent)

    formatter = FuncFormatter(label)
    return formatter


def _exponent(largest: float) -> int:
    """Return the power of ten, a multiple of three, that ticks of at most this size are told in."""
    if largest == 0 or 1e-4 <= largest < 1e12:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


def low_to_high() -> Any:
    """Return the colours of a feature's values, from low to high."""
    import seaborn as sns

    return sns.blend_palette(["#3b66ad", "#9c7fb8", "#e0679a", "#e8743b"], as_cmap=True)


def below_to_above() -> Any:
    """Return the colours of numbers below and above zero."""
    import seaborn as sns

    return sns.blend_palette(["#2f5597", LOWERS, "#f4f5f7", RAISES, "#9c2f35"], as_cmap=True)


def zero_to_above() -> Any:
    """Return the colours of sizes, from zero on."""
    import seaborn as sns

    return sns.blend_palette(["#f4f5f7", RAISES, "#9c2f35"], as_cmap=True)


def label_lines(axes: Any, labels: Sequence[str], upwards: bool = False) -> None:
    """Name the lines of a picture, the first one at the top; `upwards` where its last one has the number 0."""
    places = range(len(labels) - 1, -1, -1) if upwards else range(len(labels))
    axes.set_yticks(list(places), labels, fontsize=8.5, color=INK)
    axes.tick_params(axis="y", length=0)
    bottom, top = -0.6, len(labels) - 0.4
    axes.set_ylim(*((bottom, top) if upwards else (top, bottom)))
    axes.set_ylabel("")


def low_high_bar(figure: Figure, axes: Any, words: str) -> None:
    """Add a scale of colours that goes from low to high, without numbers."""
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(cmap=low_to_high()), ax=axes, aspect=40, pad=0.02)
    bar.set_ticks([0, 1], labels=["low", "high"])
    bar.outline.set_visible(False)
    is_short = figure.get_figheight() < 3.4
    bar.set_label(words, labelpad=2 if is_short else -8)  # beside "low" and "high" where it does not fit between


def shortened(text: str, letters: int) -> str:
    """Return `text`, its middle left out where it is longer than so many letters."""
    if len(text) <= letters:
        return text
    return f"{text[: letters - letters // 3 - 1]}…{text[-(letters // 3) :]}"


def wrapped(text: str, letters: int = 24) -> str:
    """Return `text` on one line or two of at most so many letters, its middle left out where that is too few.

    It is parted at a blank or after a mark such as ``_`` where there is one.
    """
    text = shortened(text, 2 * letters - 6)
    if len(text) <= letters:
        return text
    ends = [
        match.end() for match in re.finditer(r"[\s_\-./+,:;]", text) if len(text) - letters <= match.end() <= letters
    ]
    at = min(ends, key=lambda end: abs(end - len(text) / 2), default=-(-len(text) // 2))
    return f"{text[:at].rstrip()}\n{text[at:]}"


def to_png(figure: Figure) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes (no date, no version)."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=DPI, facecolor="none", metadata={"Software": None})
    return buffer.getvalue()
