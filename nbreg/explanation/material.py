"""Which rows are explained, and which stand for features that are not known; whether they fit the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.categories import CategoryColumn
from nbreg.data.dataset import observed_targets
from nbreg.data.frames import Frame, as_frame
from nbreg.data.reading import MISSING
from nbreg.data.spectra import ChannelColumn
from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import counted, listed
from nbreg.explanation.explained import Floats
from nbreg.explanation.spec import ExplanationSpec

if TYPE_CHECKING:
    from nbreg.regressor import Regressor  # for whom only asks what plots there are, scikit-learn need not be imported

#: So many rows of a fit are explained where no table and no number is given.
ROWS_UNASKED = 500


@dataclass(frozen=True, eq=False)
class Material:
    """`frame` are the rows to explain, `rows` their positions in the table given; `background` a table too.

    `observed` are the true targets of the rows ``(n, n_targets)``, None where the table does not hold them.
    """

    frame: Frame
    rows: NDArray[np.intp]
    background: Frame
    observed: Floats | None
    notices: tuple[str, ...] = ()
    #: What is to be said of the background, where it plays a part.
    background_notices: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All notices."""
        return (*self.notices, *self.background_notices)


def material_of(regressor: Regressor, data: Any, spec: ExplanationSpec, background: Any = None) -> Material:
    """Return the rows and the background of an explanation of a regressor.

    Without `data` they are the rows that its fit held back, as far as it still has them: test rows, else validation
    rows, else train rows. `background` is a table, or None for train rows. Raises DataError for rows that do not fit.
    """
    table, notices = (held_back(regressor)) if data is None else (as_frame(data), ())
    most = spec.rows if spec.rows is not None else (ROWS_UNASKED if data is None else len(table))
    rows = drawn(len(table), most, spec.seed)
    frame = table if len(rows) == len(table) else table[rows]
    chosen, said = _background(regressor, table, spec, background)
    check_rows(regressor, frame)
    check_rows(regressor, chosen)
    notices = (*notices, *_unused(regressor, table), *_pretreated(regressor))
    return Material(frame, rows, chosen, _observed(regressor, frame), notices, said)


def with_observed(material: Material, method: str, targets: Sequence[str]) -> Material:
    """Return the material with those rows only whose true `targets` are known. Raises DataError where none is.

    Raises OptionError where it is not known which columns hold them.
    """
    if not targets:
        raise OptionError(f"{method} needs the true targets: name their column (--target), or explain a Regressor.")
    if material.observed is None:
        raise DataError(f"{method} needs the true targets: give a table that holds {listed([*targets])}.")
    is_known = np.isfinite(material.observed).all(axis=1)
    if is_known.all():
        return material
    if not is_known.any():
        raise DataError(f"{method} needs the true targets, and no row has a value in every target.")
    said = f"Left out {counted(int((~is_known).sum()), 'row')} without a target."
    kept = np.flatnonzero(is_known)
    rows, observed, notices = material.rows[kept], material.observed[kept], (*material.notices, said)
    return replace(material, frame=material.frame[kept], rows=rows, observed=observed, notices=notices)


def drawn(n_rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """Return positions of at most `most` of `n_rows`, drawn without replacement, in their order."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))


def check_rows(regressor: Regressor, frame: Frame) -> None:
    """Raise DataError where rows have gaps in a column that had none on the train rows.

    The network would be explained for a value that nobody gave it.
    """
    for column in regressor.encoder_.columns:
        if column.name not in frame.columns:
            continue  # the encoder says so better
        n_gaps = int(frame[column.name].is_null().sum()) + _nan_count(frame, column.name)
        if n_gaps and not _knows_gaps(column):
            raise DataError(
                f'Column "{column.name}" has {counted(n_gaps, "gap")}, and had none on the train rows: '
                "leave these rows out, or fill the gaps first."
            )


def _nan_count(frame: Frame, name: str) -> int:
    series = frame[name]
    # pandas counts NaN among its nulls already; elsewhere they are numbers.
    if not series.dtype.is_float() or series.implementation.is_pandas():
        return 0
    return int(series.is_nan().fill_null(False).sum())


def _knows_gaps(column: Any) -> bool:
    if isinstance(column, CategoryColumn):
        return MISSING in column.encoder.categories_[0]
    return bool(column.has_gaps) or isinstance(column, ChannelColumn)  # filled from the channels beside it


def held_back(regressor: Regressor) -> tuple[Frame, tuple[str, ...]]:
    """Return the rows that a fit held back, as far as it still has them, and what is to be said of them.

    Raises DataError where it has none.
    """
    data = regressor.data_
    which = next((each for each in ("test", "validation", "train") if data is not None and data.n_rows(each)), None)
    if data is None or which is None:
        raise DataError("This regressor came without its table: give the rows to explain.")
    said = () if which == "test" else (f"Explained are {which} rows, for none were held back to test.",)
    return data.frame_of(which), said


def _background(regressor: Regressor, table: Frame, spec: ExplanationSpec, given: Any) -> tuple[Frame, tuple[str, ...]]:
    if given is not None:
        return as_frame(given), ()
    said: tuple[str, ...] = ()
    if regressor.data_ is not None:
        table = regressor.data_.frame_of("train")
    else:
        said = ("The background is drawn from the rows given, for the train rows are not at hand.",)
    return table[drawn(len(table), spec.background, spec.seed + 1)], said


def _observed(regressor: Regressor, frame: Frame) -> Floats | None:
    if not set(regressor.target_names_) <= set(frame.columns):
        return None
    return observed_targets(frame, regressor.target_names_)


def _unused(regressor: Regressor, table: Frame) -> tuple[str, ...]:
    """Return a sentence about columns that the network's training table did not have."""
    trained_on = set() if regressor.data_ is None else set(regressor.data_.frame.columns)
    known = {*regressor.encoder_.feature_names, *regressor.target_names_, *trained_on}
    extra = [name for name in table.columns if name not in known]
    if not extra:
        return ()
    names = ", ".join(f'"{name}"' for name in extra[:5]) + (f" and {len(extra) - 5} more" if len(extra) > 5 else "")
    return (f"Left out {names}: the network was trained without.",)


def _pretreated(regressor: Regressor) -> tuple[str, ...]:
    """Return a sentence about channels that reach the network pretreated."""
    signal = getattr(regressor.encoder_, "signal", None)
    if signal is None or signal.pretreatment == "none":
        return ()
    channels = f"{signal.names[0]} to {signal.names[-1]}"
    return (
        f"{channels} are explained after their pretreatment ({signal.pretreatment}): what is said of one of them is "
        "about its pretreated value, whatever the raw values beside it, with the other pretreated values as they are.",
    )


def chosen_targets(names: Sequence[str], target: str | None) -> tuple[int, ...]:
    """Return the positions of the targets to explain. Raises OptionError."""
    from nbreg.errors import did_you_mean

    if target is None:
        return tuple(range(len(names)))
    if target not in names:
        raise OptionError(f'There is no target "{target}".{did_you_mean(target, names)}')
    return (tuple(names).index(target),)
