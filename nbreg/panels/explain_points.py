"""What a dependence plot and an effect curve in a panel show, as arrays to be sent and a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import kind_of, read_levels, read_numbers, read_times
from nbreg.errors import OptionError
from nbreg.evaluation.wording import count, counted, tick
from nbreg.explanation.companion import companion_of
from nbreg.explanation.explained import Floats
from nbreg.panels.explain_ticks import Tick, date_ticks, level_ticks, number_ticks, padded
from nbreg.plots.dependence import Scale
from nbreg.plots.explanation_plot import measure, of_rows, some_rows

if TYPE_CHECKING:
    from nbreg.explanation.effects.effect import Effect
    from nbreg.explanation.explanation import Explanation

#: More points hide each other, and slow the page.
MOST_POINTS = 2_000
#: Points of a level stand beside each other on so much of its column.
BREADTH = 0.7
#: So many levels have a colour of their own.
MOST_COLORS = 8
#: Bars that tell where rows are.
N_BARS = 40


class Cloud(NamedTuple):
    """Points of a dependence plot: float32 places ``(n,)``, rows of the table int32 ``(n,)``, colours from 0 to 1
    (NaN where there is none) and `about`, plain data."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    rows: NDArray[np.int32]
    colors: NDArray[np.float32]
    about: dict[str, Any]

    @property
    def buffers(self) -> list[bytes]:
        return [each.tobytes() for each in self[:4]]


def cloud_of(explanation: Explanation, feature: str) -> Cloud:
    """Return the dependence plot of a feature of an explanation of one target.

    Raises OptionError for a group of features, which have no value in common.
    """
    at = explanation.players.position_of(feature)
    name = explanation.feature_names[at]
    if len(explanation.players.members[at]) > 1:
        raise OptionError(f'The group "{name}" has no one value to plot against: choose another feature.')
    whole = Scale.of(explanation, name)
    known = np.flatnonzero(np.isfinite(whole.numbers) | (whole.levels is not None))
    rows = known[some_rows(len(known), MOST_POINTS)]
    scale = whole.of_rows(rows).in_strips()
    x, y = scale.numbers, explanation.values[rows, at]
    companion = companion_of(explanation, feature)
    colors = None if companion is None else Scale.of(explanation, companion.name).of_rows(rows)
    gaps = len(explanation) - len(known)
    about = {
        "feature": name,
        "measure": measure(explanation),
        "x": _horizontal(scale),
        "y": _vertical(y, with_zero=True),
        "color": _color_words(colors),
        "words": of_rows(len(rows), len(explanation)) + (f", {count(gaps)} without a value" if gaps else ""),
    }
    return Cloud(
        _spread(x, scale.levels is not None).astype(np.float32),
        y.astype(np.float32),
        explanation.rows[rows].astype(np.int32),
        _shades(colors, len(rows)),
        about,
    )


class Curve(NamedTuple):
    """An effect: float32 places, values and their spread (NaN where there is none), each ``(n_grid,)``; shares of the
    rows ``(n_bars,)`` on bars of equal breadth from `about`'s low to its high, or on each level."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    spread: NDArray[np.float32]
    shares: NDArray[np.float32]
    about: dict[str, Any]

    @property
    def buffers(self) -> list[bytes]:
        return [each.tobytes() for each in self[:4]]


def curve_of(effect: Effect) -> Curve:
    """Return the effect of one feature on one target."""
    axis, values = effect.axes[0], effect.values
    spread = np.full(len(values), np.nan) if effect.spread is None else effect.spread
    ends = np.concatenate([values - np.nan_to_num(spread), values + np.nan_to_num(spread)])
    about = {
        "feature": axis.name,
        "kind": effect.kind,
        "target": effect.target_names[0],
        "measure": effect.measure(effect.target_names[0]),
        "x": _horizontal(Scale(axis.name, axis.numbers, axis.levels, axis.kind == "date")),
        "y": _vertical(ends, with_zero=effect.kind == "ale"),
        "words": effect.sentence(),
        "notices": list(effect.notices),
        "rows": counted(len(effect.rows), "row"),
    }
    known = axis.observed[np.isfinite(axis.observed)]
    if axis.levels is not None:
        found = np.array([(known == number).sum() for number in axis.numbers])
    else:
        found, _ = np.histogram(known, N_BARS, (axis.numbers[0], axis.numbers[-1]))
    shares = found / max(1, len(axis.observed))
    x, y, width, heights = (np.asarray(each, np.float32) for each in (axis.numbers, values, spread, shares))
    return Curve(x, y, width, heights, about)


def place_of(about: Mapping[str, Any], row: Frame) -> float | None:
    """Return where a table's only row stands on the horizontal axis of a cloud; None where it stands nowhere."""
    series, axis = row[about["feature"]], about["x"]
    kind = kind_of(series)
    if kind == "category":
        codes, levels = read_levels(series)
        names = [text for _, text in axis["ticks"]]
        level = levels[int(codes[0])]
        return float(names.index(level)) if level in names else None
    if kind == "date":
        number = float((read_times(series)[0] - np.datetime64(0, "us")) / np.timedelta64(1, "D"))
    else:
        number = float(read_numbers(series)[0])
    return number if np.isfinite(number) else None


def _horizontal(scale: Scale) -> dict[str, Any]:
    if scale.levels is not None:
        last = len(scale.levels) - 1
        return _axis("level", -0.6, last + 0.6, level_ticks(scale.levels))
    low, high = padded(float(scale.numbers.min()), float(scale.numbers.max()), 0.03)
    return _axis("date", low, high, date_ticks(low, high)) if scale.is_date else _axis("number", low, high)


def _vertical(values: Floats, with_zero: bool) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    return _axis("number", *padded(low, high, 0.06))


def _axis(kind: str, low: float, high: float, ticks: list[Tick] | None = None) -> dict[str, Any]:
    ticks = number_ticks(low, high) if ticks is None else ticks
    return {"kind": kind, "low": low, "high": high, "ticks": [list(each) for each in ticks]}


def _spread(x: Floats, is_level: bool) -> Floats:
    """Return levels' points moved apart sideways, the same way each time; numbers as they are."""
    if not is_level:
        return x
    return x + np.random.default_rng(0).uniform(-BREADTH / 2, BREADTH / 2, len(x))


def _shades(scale: Scale | None, n: int) -> NDArray[np.float32]:
    if scale is None:
        return np.full(n, np.nan, np.float32)
    low, high = _ends(scale)
    return np.clip((scale.numbers - low) / ((high - low) or 1.0), 0, 1).astype(np.float32)


def _ends(scale: Scale) -> tuple[float, float]:
    """Return what the ends of the colours stand for: a few far values would leave all others alike."""
    known = scale.numbers[np.isfinite(scale.numbers)]
    if scale.levels is not None:
        return 0.0, len(scale.levels) - 1.0
    low, high = np.percentile(known, [2, 98])
    return (float(low), float(high)) if high > low else (float(known.min()), float(known.max()))


def _color_words(scale: Scale | None) -> dict[str, Any] | None:
    """Return what colours stand for: a name, and its few levels or the words at either end."""
    if scale is None:
        return None
    low, high = _ends(scale)
    if scale.levels is not None and len(scale.levels) <= MOST_COLORS:
        return {"name": scale.name, "levels": list(scale.levels)}
    if scale.levels is not None:
        return {"name": scale.name, "low": scale.levels[0], "high": scale.levels[-1]}
    if scale.is_date:
        days = [str(np.datetime64(round(end), "D")) for end in (low, high)]
        return {"name": scale.name, "low": days[0], "high": days[1]}
    return {"name": scale.name, "low": tick(float(f"{low:.3g}")), "high": tick(float(f"{high:.3g}"))}
