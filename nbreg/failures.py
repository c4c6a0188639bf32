"""``nbreg.worst``: where a regressor fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbreg.data.dataset import observed_targets
from nbreg.data.frames import Frame
from nbreg.data.reading import Floats
from nbreg.errors import DataError, OptionError, did_you_mean
from nbreg.evaluation.wording import counted
from nbreg.evaluation.worst import Worst, WorstSpec, worst_of
from nbreg.regressor import Regressor
from nbreg.session import SESSION, as_table


class _Rows(NamedTuple):
    """Rows with what is known and said of them; `observed` and `predicted` are ``(n_rows,)``."""

    frame: Frame
    observed: Floats
    predicted: Floats = np.zeros(0)
    target: str = ""
    features: Sequence[str] = ()
    what: str = "row"
    #: The rows' positions in a table that they are part of.
    positions: NDArray[np.intp] | None = None
    notices: tuple[str, ...] = ()


def worst(
    predict: Regressor | Callable[[Any], Any] | None = None,
    data: Any = None,
    *,
    rows: int = 10,
    slices: int = 5,
    target: str | None = None,
) -> Worst:
    """Say on which rows predictions are worst, and on which groups of rows.

    Parameters
    ----------
    predict : Regressor, or any function from a table to predictions ``(n_rows,)``, optional
        The session's latest regressor, if left out. A function needs `data` and `target`, and gets all other columns.
    data : table, or the path of one, optional
        Rows with features and targets; those that the fit held back to test, if left out.
    rows : int
        How many single rows to tell.
    slices : int
        How many groups of rows, at most: each told by a level, a range or a gap of one feature, or of two.
    target : str, optional
        Which of several targets; the first, if left out.

    Returns
    -------
    Worst

    Raises
    ------
    NbregError
        Where nothing is trained, the table lacks a column, no row has a target, or predictions are no numbers.
    """
    spec = WorstSpec(rows=rows, slices=slices, target=target)
    found = _known_only(_rows(SESSION.latest if predict is None else predict, data, spec.target))
    index = None if _has_index(found.frame) else found.positions
    return worst_of(
        found.frame, found.observed, found.predicted, target=found.target, features=found.features, spec=spec,
        index=index, what=found.what, notices=found.notices,
    )  # fmt: skip


def _rows(predict: Any, data: Any, target: str | None) -> _Rows:
    if isinstance(predict, Regressor):
        predict.check_trained()
        return _of_regressor(predict, data, target)
    if not callable(predict):
        raise OptionError(
            "What is looked at is a Regressor, or a function from a table to predictions; "
            f"got {type(predict).__name__}. A table goes to data=..."
        )
    if data is None or target is None:
        raise OptionError("A function is looked at on rows whose target is known: give data=... and target=...")
    return _of_function(predict, as_table(data), target)


def _of_regressor(regressor: Regressor, data: Any, target: str | None) -> _Rows:
    names = regressor.target_names_
    if target is not None and target not in names:
        raise OptionError(f'There is no target "{target}".{did_you_mean(target, names)}')
    which = 0 if target is None else names.index(target)
    said = () if target is not None or len(names) == 1 else (_of_first(names),)
    rows = _held_back(regressor) if data is None else _given(as_table(data), names[which])
    observed = rows.observed if rows.observed.ndim == 1 else rows.observed[:, which]
    predicted = regressor.predict_inputs(regressor.encoder_inputs(rows.frame))[:, which]
    return rows._replace(
        observed=observed, predicted=predicted, target=names[which], features=regressor.encoder_.feature_names,
        notices=(*said, *rows.notices),
    )  # fmt: skip


def _of_first(names: Sequence[str]) -> str:
    return f'Looked at is {names[0]}, the first of {len(names)} targets; target="{names[1]}" looks at the next.'


def _given(frame: Frame, target: str) -> _Rows:
    return _Rows(frame, observed_targets(frame, [target])[:, 0])


def _held_back(regressor: Regressor) -> _Rows:
    """Return the rows that a fit held back, with all targets. Raises DataError where it has none."""
    data = regressor.data_
    which = next((each for each in ("test", "validation", "train") if data is not None and data.n_rows(each)), None)
    if data is None or which is None:
        raise DataError("This regressor came without its table: give rows to look at, with their targets.")
    said = () if which == "test" else (f"These are {which} rows, for none were held back to test.",)
    return _Rows(
        data.frame_of(which), data.observed(which), what=f"{which} row", positions=data.rows[which], notices=said
    )


def _of_function(predict: Callable[[Any], Any], frame: Frame, target: str) -> _Rows:
    rows = _given(frame, target)
    features = [name for name in frame.columns if name != target]
    answer = predict(frame.select(features).to_native())
    try:
        predicted = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        predicted = np.zeros(0)
    if predicted.shape not in ((len(frame),), (len(frame), 1)):
        raise DataError(
            f"The function takes {counted(len(frame), 'row')} and is to return a number for each; "
            f"it returned {type(answer).__name__} of shape {np.shape(answer)}."
        )
    return rows._replace(predicted=predicted.reshape(-1), target=target, features=features)


def _known_only(found: _Rows) -> _Rows:
    """Return the rows whose target is known. Raises DataError where there is none, or a prediction is no number."""
    known = np.isfinite(found.observed)
    if not known.any():
        raise DataError(f'No row of this table has a value in the target "{found.target}": nothing can be compared.')
    n_bad = int((~np.isfinite(found.predicted[known])).sum())
    if n_bad:
        raise DataError(
            f"{counted(n_bad, 'prediction')} of {int(known.sum()):,} are not finite: nothing can be compared."
        )
    if known.all():
        return found
    kept = np.flatnonzero(known)
    said = f"Left out {counted(len(known) - len(kept), 'row')} without a target."
    return found._replace(
        frame=found.frame[kept], observed=found.observed[kept], predicted=found.predicted[kept],
        positions=kept if found.positions is None else found.positions[kept], notices=(*found.notices, said),
    )  # fmt: skip


def _has_index(frame: Frame) -> bool:
    return frame.implementation.is_pandas()
