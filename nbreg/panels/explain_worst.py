"""Where a panel's regressor is worst: rows and groups of rows, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import count, counted, rounded
from nbreg.panels.explain_subject import Subject
from nbreg.plots.waterfall import signed

#: So many rows are listed, of all and of a slice.
MOST_LISTED = 10


@dataclass(frozen=True, eq=False)
class WorstRows:
    """Observed values and residuals of one `target` by row of the table ``(n_rows,)``, NaN where there is none; the
    rows of each slice; and `about`, plain data: the lists to show."""

    target: str
    observed: NDArray[np.float64]
    residuals: NDArray[np.float64]
    slices: tuple[NDArray[np.intp], ...]
    about: dict[str, Any]

    def rows_of(self, number: int) -> NDArray[np.intp]:
        """Return the rows of a slice, none where there is none of this number."""
        return self.slices[number] if 0 <= number < len(self.slices) else np.empty(0, np.intp)

    def listed(self, rows: NDArray[np.intp]) -> list[dict[str, Any]]:
        """Return the worst of some rows."""
        order = np.argsort(-np.abs(self.residuals[rows]), kind="stable")[:MOST_LISTED]
        return [self._line(int(row)) for row in rows[order]]

    def _line(self, row: int) -> dict[str, Any]:
        observed, residual = float(self.observed[row]), float(self.residuals[row])
        texts = [rounded(observed, 3), rounded(observed - residual, 3), signed(residual)]
        return {"row": row, "name": count(row), "texts": texts, "too_low": residual > 0}


def worst_rows(subject: Subject, target: int) -> WorstRows | None:
    """Return where predictions of a target are worst; None where no row has it."""
    from nbreg.evaluation.worst import WorstSpec, worst_of

    if subject.observed is None:
        return None
    observed = subject.observed[:, target]
    known = np.flatnonzero(np.isfinite(observed))
    predicted = np.asarray(subject.regressor.predict(subject.table), np.float64).reshape(len(subject), -1)[:, target]
    known = known[np.isfinite(predicted[known])]
    if not len(known):
        return None
    name = subject.targets[target]
    frame = subject.table if len(known) == len(subject) else subject.table[known]
    found = worst_of(
        frame, observed[known], predicted[known], target=name, features=subject.features, spec=WorstSpec(), index=known
    )
    slices = tuple(known[each.rows] for each in found.slices)
    residuals = np.full(len(subject), np.nan)
    residuals[known] = observed[known] - predicted[known]
    whole = WorstRows(name, observed, residuals, slices, {})
    about = {
        "words": f"MAE {rounded(found.mae)} over {counted(len(known), 'row')}",
        "rows": whole.listed(known),
        "slices": [_slice(each) for each in found.slices],
    }
    return WorstRows(name, observed, residuals, slices, about)


def _slice(found: Any) -> dict[str, str]:
    direction = "too low" if found.bias > 0 else "too high"
    return {
        "words": found.words,
        "rows": counted(found.n_rows, "row"),
        "mae": f"MAE {rounded(found.mae)}, {rounded(found.ratio)} × that of all",
        "bias": f"on average {rounded(abs(found.bias))} {direction}",
    }
