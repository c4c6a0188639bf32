"""Columns that a network had better not learn from: near-copies of the target, and names of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.histogram import may_be_years
from nbreg.data.lenient import coded, distinct_codes, measured, row_codes
from nbreg.data.reading import Floats, Series, kind_of

#: A feature that goes with a target as closely as this is nearly a copy of it.
LEAK_CORRELATION = 0.995
#: So much of a target's variance, on rows held out, is told by the levels of a feature that gives it away.
LEAK_R2 = 0.995
#: Looked at are so many rows; fewer, at first, to see which features are worth that.
SAMPLED, GLANCED = 20_000, 2_000
#: Fewer rows than these prove nothing: of a leak, of numbers that count the rows.
LEAST_FOR_LEAK, LEAST_FOR_NUMBERING = 20, 50
#: Levels are much fewer than rows where each has as many of them, on average.
ROWS_A_LEVEL = 5

_ADVICE = "leave it out with --features unless it is known when predicting"


class Suspicion(NamedTuple):
    """What is wrong with a column (``leak``, ``identifier``), in a word and in a sentence."""

    kind: str
    sentence: str


def sampled_rows(n_rows: int, most: int = SAMPLED) -> NDArray[np.intp]:
    """Return positions of at most `most` rows, in order, always the same for as many rows."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))


def suspicions(features: Frame, targets: Floats, target_names: Sequence[str]) -> dict[str, Suspicion]:
    """Return what is suspicious about features, by name; those that are not are left out.

    `targets` are in target units, ``(n_rows, n_targets)``. A leak is a near-copy of a target (Pearson's correlation
    with it or its logarithm, or Spearman's), or a column whose levels, much fewer than the rows, tell it on rows held
    out. An identifier is text that differs in nearly every row, or whole numbers that count the rows. A feature that
    is the only one is never suspicious: there is nothing else to predict from.
    """
    if len(features.columns) < 2:
        return {}
    rows = sampled_rows(len(features))
    glance = rows[:: max(1, len(rows) // GLANCED)]
    same_rows = cache(lambda: row_codes(features[rows]))
    found = {}
    for name in features.columns:
        series = features[name]
        suspicion = None
        if _may_leak(series[glance], targets[glance]):
            suspicion = _leak(series[rows], targets[rows], target_names, same_rows)
        suspicion = suspicion or identifier(series, rows)
        if suspicion is not None:
            found[name] = suspicion
    return found


def sentences(found: Mapping[str, Suspicion], channels: Sequence[str] = ()) -> list[str]:
    """Return what there is to say of suspicious columns; of the channels of one signal, all in one sentence.

    Whole numbers that are channels are readings: they number no rows.
    """
    leaks = [name for name, each in found.items() if name in channels and each.kind == "leak"]
    said = [each.sentence for name, each in found.items() if name not in channels]
    if len(leaks) == 1:
        return [*said, found[leaks[0]].sentence]
    if leaks:
        shown = f'{len(leaks)} channels, "{leaks[0]}" to "{leaks[-1]}", each tell a target almost by themselves'
        said.append(f"{shown}: leave them out of --channels unless they are known when predicting.")
    return said


# Leaks


def _may_leak(series: Series, targets: Floats) -> bool:
    """Return whether a few rows leave it open that a column gives a target away."""
    values, codes, _ = _read(series)
    for target in targets.T:
        known = (codes >= 0) & ~np.isnan(target)
        if known.sum() < LEAST_FOR_LEAK:
            return True  # too few to tell: look at more
        y = target[known]
        if abs(correlation(ranks(values[known]), ranks(y))) > 0.9 or _explained(codes[known], y) > 0.9:
            return True
    return False


def _read(series: Series) -> tuple[Floats, NDArray[np.intp], int]:
    """Return a column's numbers (0 where it has none) and its codes, -1 for gaps; a date is none to tell a target.

    Time is known when predicting, and what grows with it is no leak.
    """
    kind = kind_of(series)
    if kind in ("number", "boolean"):
        values = measured(series, kind)
        return np.nan_to_num(values), *distinct_codes(values)
    codes, levels = coded(series, "empty" if kind == "date" else kind)
    return np.zeros(len(series)), codes, len(levels)


def _leak(
    series: Series, targets: Floats, names: Sequence[str], same_rows: Callable[[], NDArray[np.intp]]
) -> Suspicion | None:
    values, codes, _ = _read(series)
    for name, target in zip(names, targets.T, strict=True):
        known = np.flatnonzero((codes >= 0) & ~np.isnan(target))
        if len(known) < LEAST_FOR_LEAK:
            continue
        copy = _copy_words(values[known], target[known])
        if copy:
            return Suspicion("leak", f'"{series.name}" is nearly a copy of {name} ({copy}): {_ADVICE}.')
        r2 = _told(codes, target, known)
        if r2 >= LEAK_R2:
            _, first = np.unique(same_rows(), return_index=True)
            # Rows that are there several times tell each other, whatever the column.
            r2 = _told(codes, target, np.intersect1d(known, first))
        if r2 >= LEAK_R2:
            told = f"R² {_signed(r2)} on rows held out"
            return Suspicion("leak", f'"{series.name}" tells {name} almost by itself ({told}): {_ADVICE}.')
    return None


def _copy_words(values: Floats, target: Floats) -> str:
    """Return by which correlation numbers are a near-copy of a target; nothing where they are none."""
    by_rank = correlation(ranks(values), ranks(target))
    if abs(by_rank) < 0.9:  # one far point makes a high correlation, but no copy
        return ""
    linear = correlation(values, target)
    with_log = correlation(values, np.log(target)) if target.min() > 0 else 0.0
    named = (("correlation", linear), ("correlation with its logarithm", with_log), ("rank correlation", by_rank))
    return next((f"{words} {_signed(r)}" for words, r in named if abs(r) >= LEAK_CORRELATION), "")


def _signed(r: float) -> str:
    if abs(r) >= 0.9995:  # which is not quite one
        return "over 0.999" if r > 0 else "below −0.999"
    return f"{r:.3f}".replace("-", "−")


def correlation(x: Floats, y: Floats) -> float:
    """Return Pearson's correlation of ``(n,)`` and ``(n,)``; 0 where one of them is the same everywhere."""
    x, y = (values / max(np.abs(values).max(initial=0.0), np.finfo(np.float64).tiny) for values in (x, y))
    x, y = x - x.mean(), y - y.mean()
    spreads = x.std() * y.std()
    if min(x.std(), y.std()) < 1e-12:  # what rounding leaves of numbers that are all the same
        return 0.0
    return float(np.clip((x @ y) / len(x) / spreads, -1, 1))


def ranks(values: Floats) -> Floats:
    """Return the ranks of ``(n,)`` numbers, equal ones sharing their mean rank."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: Floats = np.cumsum(counts) - (counts - 1) / 2
    return middle[codes]


def _explained(codes: NDArray[np.intp], y: Floats) -> float:
    """Return which share of the variance of `y` lies between levels, as far as levels have several rows."""
    _, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    spare = len(y) - len(counts)
    if spare < LEAST_FOR_LEAK:
        return 0.0
    centred = y - y.mean()
    means = np.bincount(codes, centred) / counts
    within = float(((centred - means[codes]) ** 2).sum()) / spare
    return 1 - within / max(float(centred.var()), np.finfo(np.float64).tiny)


def _told(codes: NDArray[np.intp], target: Floats, known: NDArray[np.intp]) -> float:
    """Return R² of the levels' mean targets on rows held out, the worse of two halves; 0 where levels are too many."""
    if len(known) < 2 * LEAST_FOR_LEAK:
        return 0.0
    _, own = np.unique(codes[known], return_inverse=True)
    n_levels = int(own.max()) + 1
    if n_levels < 2 or n_levels * ROWS_A_LEVEL > len(known):
        return 0.0
    is_first = np.random.default_rng(0).permutation(len(known)) % 2 == 0
    y = target[known]
    return min(_r2_held_out(own, y, half, n_levels) for half in (is_first, ~is_first))


def _r2_held_out(codes: NDArray[np.intp], y: Floats, fitted: NDArray[np.bool_], n_levels: int) -> float:
    overall = y[fitted].mean()
    counts = np.bincount(codes[fitted], minlength=n_levels)
    sums = np.bincount(codes[fitted], y[fitted] - overall, minlength=n_levels)
    predicted = overall + (sums / np.maximum(counts, 1))[codes[~fitted]]
    observed = y[~fitted]
    spread = float(((observed - observed.mean()) ** 2).sum())
    return 1 - float(((observed - predicted) ** 2).sum()) / spread if spread > 0 else 0.0


# Identifiers


def identifier(series: Series, rows: NDArray[np.intp]) -> Suspicion | None:
    """Return the suspicion that a column names rows; `rows` are positions of a sample."""
    sample = series[rows]
    kind = kind_of(sample)
    if kind == "category":
        return _naming_text(series, sample)
    return _numbering(series, sample) if kind == "number" else None


def _naming_text(series: Series, sample: Series) -> Suspicion | None:
    codes, levels = coded(sample, "category")
    n_present, n_distinct = int((codes >= 0).sum()), len(levels)
    # Rows that share a text meet in a sample as often as its share of the table, squared.
    shared = (n_present - n_distinct) * (len(series) / len(sample)) / max(n_present, 1)
    if n_distinct <= 10 or shared >= 0.1:
        return None
    sentence = f'"{series.name}" is different in nearly every row, so nothing is learned from it: a fit leaves it out.'
    return Suspicion("identifier", sentence)


def _numbering(series: Series, sample: Series) -> Suspicion | None:
    few = measured(sample, "number")
    few = few[~np.isnan(few)]
    is_whole = len(few) >= LEAST_FOR_LEAK and bool((few == np.round(few)).all())
    if not is_whole or len(np.unique(few)) < len(few):
        return None
    values = measured(series, "number")
    values = values[~np.isnan(values)]
    if not _counts_rows(values):
        return None
    sentence = (
        f'"{series.name}" seems to number the rows, which tells nothing of new ones: leave it out with --features '
        "unless it stands for time."
    )
    return Suspicion("identifier", sentence)


def _counts_rows(values: Floats) -> bool:
    """Return whether whole numbers, all distinct, leave few out in between, or grow evenly from row to row."""
    lowest, highest, n = values.min(), values.max(), len(values)
    if may_be_years(lowest, highest):
        return False
    share = n / (highest - lowest + 1)
    if share == 1 or n < LEAST_FOR_NUMBERING:
        return bool(share == 1)
    # So many measurements from so few whole numbers would not all differ.
    is_dense = share >= 0.3
    is_even = bool((np.diff(values) > 0).all()) and correlation(values, np.arange(n, dtype=np.float64)) > 0.99
    return bool(is_dense or is_even)
