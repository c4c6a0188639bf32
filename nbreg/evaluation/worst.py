"""Where predictions are worst: rows, and groups of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import Floats
from nbreg.evaluation.slices import Slice, find_slices
from nbreg.options import Column, Integer, Optional, Spec, option

if TYPE_CHECKING:
    import pandas as pd

#: What stands before the features in a table of rows.
OWN = ("observed", "predicted", "residual")


@dataclass(frozen=True)
class WorstSpec(Spec):
    """How much is shown of where predictions are worst."""

    rows: int = option(10, "So many rows, those with the largest residuals.", Integer(minimum=0))
    slices: int = option(5, "So many groups of rows, at most, whose residuals are large.", Integer(minimum=0))
    target: str | None = option(None, "Target to look at, of several; the first unless given.", Optional(Column()))


@dataclass(frozen=True, eq=False)
class Worst:
    """Where predictions are worst.

    Attributes
    ----------
    target : str
    n_rows : int
        How many rows were looked at.
    what : str
        What one of them is called: ``test row``, or ``row``.
    mae, rmse : float
        Of all these rows, in target units.
    rows : pandas.DataFrame
        The rows with the largest residuals, largest first: observed, predicted, residual (observed less predicted),
        then the features. Its index is that of a pandas table, else the rows' positions.
    slices : tuple of Slice
        Groups of rows with large residuals, those that stand out most clearly first; none where what there is may be
        chance.
    notices : tuple of str
        What to keep in mind, a sentence each.
    """

    target: str
    n_rows: int
    what: str
    mae: float
    rmse: float
    rows: pd.DataFrame
    slices: tuple[Slice, ...]
    notices: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the slices as a pandas table, a row each."""
        import pandas as pd

        names = ["n_rows", "mae", "rmse", "ratio", "bias", "t", "p_value"]
        rows = [[getattr(each, name) for name in names] for each in self.slices]
        return pd.DataFrame(rows, columns=names, index=pd.Index([each.words for each in self.slices], name="slice"))

    def __repr__(self) -> str:
        from nbreg.plots.worst_card import worst_text

        return worst_text(self)

    def to_html(self) -> str:
        """Return a piece of HTML that needs nothing beside it."""
        from nbreg.plots.worst_card import worst_html

        return worst_html(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.to_html()}


def worst_of(
    frame: Frame,
    observed: Floats,
    predicted: Floats,
    *,
    target: str,
    features: Sequence[str],
    spec: WorstSpec,
    index: NDArray[Any] | None = None,
    what: str = "row",
    notices: Sequence[str] = (),
) -> Worst:
    """Return where predictions are worst among the rows of `frame`.

    `observed` and `predicted` are ``(n_rows,)``, in target units; `features` are the columns to show, and to part rows
    by; `index` names the rows, ``(n_rows,)``: a pandas table's index, else their positions, unless given.
    """
    residuals = observed - predicted
    # The first of equally bad rows comes first, on every machine.
    order = np.argsort(-np.abs(residuals), kind="stable")[: spec.rows]
    rows = _rows(frame, order, (observed, predicted, residuals), features, index)
    return Worst(
        target=target,
        n_rows=len(frame),
        what=what,
        mae=float(np.abs(residuals).mean()),
        rmse=float(np.sqrt((residuals**2).mean())),
        rows=rows,
        slices=find_slices(frame, residuals, features, spec.slices),
        notices=tuple(notices),
    )


def _rows(
    frame: Frame, order: NDArray[np.intp], own: Sequence[Floats], features: Sequence[str], index: NDArray[Any] | None
) -> pd.DataFrame:
    import pandas as pd

    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        held = native[list(features)].iloc[order]
    else:
        held = pd.DataFrame({name: frame[name][order].to_list() for name in features}, index=pd.Index(order))
    if index is not None:
        held.index = pd.Index(index[order])
    # A feature may be called as one of ours.
    held = held.rename(columns={name: f"{name} (feature)" for name in OWN})
    measured = pd.DataFrame({name: each[order] for name, each in zip(OWN, own, strict=True)}, index=held.index)
    return pd.concat([measured, held], axis=1)
