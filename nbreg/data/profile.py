"""``nbreg.profile``: what each column of a table holds, and which had better be left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import observed_targets
from nbreg.data.frames import Frame, as_frame, read_frame
from nbreg.data.histogram import Histogram, histogram, value_words
from nbreg.data.lenient import MEASURED, coded, distinct_codes, measured, missing_mask
from nbreg.data.reading import Floats, Series, kind_of, refuse_infinite
from nbreg.data.streaming.stored import StoredTable, is_stored
from nbreg.data.suspicions import SAMPLED, Suspicion, sampled_rows, suspicions
from nbreg.errors import DataError, did_you_mean
from nbreg.options import Columns, Spec, option

if TYPE_CHECKING:
    import pandas as pd

#: So many of a category's levels are named.
MOST_LEVELS = 12
#: Distinct values of a table too large to be looked through are counted where a sample has no more than these.
COUNTED_UP_TO = 1_000


@dataclass(frozen=True)
class ProfileSpec(Spec):
    """What a table is looked through for."""

    target: tuple[str, ...] = option(
        (), "Column to be predicted; the others are looked through for copies of it.", Columns()
    )


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds.

    Attributes
    ----------
    name : str
    kind : str
        number, boolean, date, category, empty or unreadable.
    role : str
        target or feature.
    n_rows, n_missing : int
    n_distinct : int
        Of the values that are there.
    has_more_distinct : bool
        Whether `n_distinct` is of a sample only: there are at least so many.
    low, high : str
        The smallest and the largest value, as people read them; empty for categories.
    counts : tuple of int
        How many of the `n_counted` rows looked at are in each of at most 20 bins of equal width (two for booleans);
        empty for categories. Values far outside the bulk, `n_outside` of the rows looked at, are in none.
    bounds : tuple of float
        Where the first bin begins and the last ends, dates in days since 1970.
    levels : tuple of (str, int)
        The most frequent levels of a category, at most 12, with their counts among the rows looked at.
    n_other_levels : int
        How many levels, among the rows looked at, are not in `levels`.
    suspicion : str
        "", "leak", "identifier", "constant" or "mostly missing".
    warning : str
        A sentence on it, with what to do; or on what else is wrong.
    """

    name: str
    kind: str
    role: str
    n_rows: int
    n_missing: int
    n_distinct: int
    has_more_distinct: bool
    n_counted: int
    low: str = ""
    high: str = ""
    counts: tuple[int, ...] = ()
    bounds: tuple[float, float] = (0.0, 0.0)
    n_outside: int = 0
    levels: tuple[tuple[str, int], ...] = ()
    n_other_levels: int = 0
    suspicion: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Profile:
    """What the columns of a table hold, in their order; `n_sampled` of the `n_rows` are looked at closely.

    Gaps, smallest and largest values are of all rows.
    """

    columns: tuple[ColumnProfile, ...]
    n_rows: int
    n_sampled: int
    #: Rows of the table, where it is too large for the memory and `n_rows` of them were drawn at random; else nothing.
    n_rows_on_disk: int | None = None

    def __len__(self) -> int:
        return len(self.columns)

    def column(self, name: str) -> ColumnProfile:
        """Return what the column of that name holds. Raises DataError where there is none."""
        found = {each.name: each for each in self.columns}
        if name not in found:
            raise DataError(f'There is no column "{name}".{did_you_mean(name, found)}')
        return found[name]

    @property
    def target(self) -> tuple[str, ...]:
        """The names of the targets."""
        return tuple(each.name for each in self.columns if each.role == "target")

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that is to be warned of, a sentence each."""
        return tuple(each.warning for each in self.columns if each.warning)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each column."""
        import pandas as pd

        names = ["kind", "role", "n_rows", "n_missing", "n_distinct", "low", "high", "suspicion", "warning"]
        rows = [[getattr(each, name) for name in names] for each in self.columns]
        return pd.DataFrame(rows, columns=names, index=pd.Index([each.name for each in self.columns], name="column"))

    def __repr__(self) -> str:
        from nbreg.plots.profile_card import profile_text

        return profile_text(self)

    def to_html(self) -> str:
        """Return a piece of HTML that needs nothing beside it."""
        from nbreg.plots.profile_card import profile_html

        return profile_html(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.to_html()}


def profile(data: Any, target: str | Sequence[str] = ()) -> Profile:
    """Say what each column of a table holds, and which had better not be learned from.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or the path of a .csv or .parquet file or of a folder of .parquet files
        Of Parquet files that are large for the free memory, some rows are drawn at random.
    target : str or several
        The columns to be predicted; the others are looked through for copies of them.

    Returns
    -------
    Profile

    Raises
    ------
    NbregError
        Where `data` is no table, or a target is not one of its columns, or not numeric.
    """
    spec = ProfileSpec(target=target)  # type: ignore[arg-type]  # which makes a tuple of it
    stored = StoredTable.open(data) if is_stored(data) else None
    if stored is not None and stored.is_large:
        return replace(profile(stored.sample(SAMPLED), target), n_rows_on_disk=stored.n_rows)
    frame = read_frame(data) if isinstance(data, (str, Path)) else as_frame(data)
    rows = sampled_rows(len(frame))
    suspicious = _suspicious(frame, spec.target)
    columns = tuple(_column(frame[name], rows, spec.target, suspicious.get(name)) for name in frame.columns)
    return Profile(columns, len(frame), len(rows))


def _suspicious(frame: Frame, target: Sequence[str]) -> dict[str, Suspicion]:
    targets = observed_targets(frame, target) if target else np.zeros((len(frame), 0))
    features = [name for name in frame.columns if name not in target]
    return suspicions(frame.select(features), targets, target) if features else {}


def _column(
    series: Series, rows: NDArray[np.intp], target: Sequence[str], suspicion: Suspicion | None
) -> ColumnProfile:
    kind, n_missing = kind_of(series), int(missing_mask(series).sum())
    role = "target" if series.name in target else "feature"
    values = measured(series, kind)
    sample = series if len(rows) == len(series) else series[rows]
    found = _levels(sample) if kind == "category" else _bins(values, rows, kind)
    n_distinct, has_more = _n_distinct(series, values, rows, kind)
    if suspicion is None:
        suspicion = _plain_suspicion(series, kind, role, n_missing, n_distinct)
    return ColumnProfile(
        name=series.name, kind=kind, role=role, n_rows=len(series), n_missing=n_missing, n_distinct=n_distinct,
        has_more_distinct=has_more, n_counted=len(rows), suspicion=suspicion.kind, warning=suspicion.sentence, **found,
    )  # fmt: skip


def _bins(values: Floats, rows: NDArray[np.intp], kind: str) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        return {}
    lowest, highest = float(known.min()), float(known.max())
    low, high = value_words(lowest, highest, kind)
    sample = values[rows]
    made: Histogram = histogram(sample[~np.isnan(sample)], kind)
    return {
        "low": low, "high": high, "counts": made.counts, "bounds": made.bounds, "n_outside": made.n_outside,
    }  # fmt: skip


def _levels(sample: Series) -> dict[str, Any]:
    codes, names = coded(sample, "category")
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    # The most frequent first; of equally frequent ones by name, so that the order of rows does not matter.
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))[:MOST_LEVELS]
    levels = tuple((names[i], int(counts[i])) for i in order)
    return {"levels": levels, "n_other_levels": len(names) - len(levels)}


def _n_distinct(series: Series, values: Floats, rows: NDArray[np.intp], kind: str) -> tuple[int, bool]:
    """Return how many values there are, and whether there may be more: those of a sample are counted first."""
    n_distinct = _count_distinct(series[rows] if len(rows) < len(series) else series, values[rows], kind)
    if len(rows) == len(series):
        return n_distinct, False
    if n_distinct > COUNTED_UP_TO:
        return n_distinct, True
    return _count_distinct(series, values, kind), False


def _count_distinct(series: Series, values: Floats, kind: str) -> int:
    return distinct_codes(values)[1] if kind in MEASURED else len(coded(series, kind)[1])


def _plain_suspicion(series: Series, kind: str, role: str, n_missing: int, n_distinct: int) -> Suspicion:
    name, share = series.name, n_missing / len(series)
    if role == "target":
        return _of_target(name, n_missing, n_distinct, share)
    if kind == "empty":
        return Suspicion("mostly missing", f'"{name}" holds no values: a fit leaves it out.')
    if kind == "unreadable":
        return Suspicion("", f'"{name}" holds neither numbers, true or false, dates nor text: a fit leaves it out.')
    if share > 0.5:
        advice = "leave it out with --features unless the gaps themselves tell something"
        return Suspicion("mostly missing", f'"{name}" is missing in {_per_cent(share)} of the rows: {advice}.')
    if n_distinct == 1 and not n_missing:
        return Suspicion("constant", f'"{name}" is the same in all rows: a fit leaves it out.')
    return Suspicion("", _infinite(series))


def _of_target(name: str, n_missing: int, n_distinct: int, share: float) -> Suspicion:
    kind = "mostly missing" if share > 0.5 else ""
    if n_distinct <= 1:
        return Suspicion(kind or "constant", f'"{name}", the target, is the same in all rows: nothing can be learned.')
    if n_missing:
        rows = "1 row: a fit leaves it" if n_missing == 1 else f"{n_missing:,} rows: a fit leaves them"
        return Suspicion(kind, f'"{name}", the target, is missing in {rows} out.')
    return Suspicion("", "")


def _infinite(series: Series) -> str:
    if not series.dtype.is_float():
        return ""
    try:
        refuse_infinite(series.name, np.asarray(series.to_numpy(), np.float64))
    except DataError as error:
        return str(error)
    return ""


def _per_cent(share: float) -> str:
    return "all" if share == 1 else f"{min(99, max(1, round(100 * share)))} %"
