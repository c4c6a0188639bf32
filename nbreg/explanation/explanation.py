"""What was found out about some predictions, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbreg.data.frames import Frame
from nbreg.data.reading import kind_of, own_order, read_levels, read_numbers, read_times
from nbreg.errors import DataError, OptionError
from nbreg.evaluation.wording import NOTHING, tick
from nbreg.explanation.by_target import ByTarget
from nbreg.explanation.explained import Floats
from nbreg.explanation.players import Players

if TYPE_CHECKING:
    import pandas as pd
    import shap

    from nbreg.explanation.checks.check import Checked


@dataclass(frozen=True, eq=False)
class Explanation(ByTarget):
    """Attributions of some predictions to the original columns, in target units.

    Attributes
    ----------
    values : ``(n_rows, n_features)``, or ``(n_rows, n_features, n_targets)`` for several targets
        What each feature adds to each prediction; for a method of sensitivity, how much the prediction hangs on it.
    base_values : ``(n_rows[, n_targets])``, or None for sensitivities
        The prediction that the attributions start from.
    data : table
        The rows explained, with the columns that are features, as the kind of table that was given.
    feature_names : tuple of str
    predictions : ``(n_rows[, n_targets])``
    standard_errors : as values, or None
        What chance has left open, for methods that draw.
    completeness_gap : float or None
        Largest distance between a prediction and what its attributions and base value add up to, as a share of the
        range of predictions; None for sensitivities.
    method, kind, words : str
        The method's name, "additive" or "sensitivity", and how and why it was done so.
    target_names : tuple of str
    rows : ``(n_rows,)``
        The positions of `data` in the table that was given.
    notices : tuple of str
        What to keep in mind, a sentence each.
    checks : tuple
        How far to trust it, where that was asked for.
    """

    of_targets: ClassVar[tuple[str, ...]] = ("values", "base_values", "predictions", "standard_errors")

    values: Floats
    base_values: Floats | None
    data: Any
    predictions: Floats
    method: str
    kind: str
    words: str
    players: Players = field(repr=False)
    target_names: tuple[str, ...]
    rows: NDArray[np.intp]
    n_background: int
    standard_errors: Floats | None = None
    completeness_gap: float | None = None
    notices: tuple[str, ...] = ()
    checks: tuple[Checked, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.players.names

    def __len__(self) -> int:
        return len(self.rows)

    def importance(self) -> pd.Series[float]:
        """Return the mean absolute attribution of each feature, in target units, the largest first.

        Of a method of sensitivity it is the mean value, for these are sizes; one below zero (of
        ``permutation_importance``) stays so. For several targets it is indexed by target and feature.
        """
        import pandas as pd

        if len(self.target_names) > 1:
            parts = {name: self.of_target(name).importance() for name in self.target_names}
            return pd.concat(parts, names=["target", "feature"])
        index = pd.Index(self.feature_names, name="feature")
        series = pd.Series(self._sizes.mean(axis=0), index, name="importance")
        return series.sort_values(ascending=False, kind="stable")

    def importance_errors(self) -> pd.Series[float]:
        """Return the standard error of each importance, as another draw of rows would change it; indexed likewise."""
        import pandas as pd

        if len(self.target_names) > 1:
            parts = {name: self.of_target(name).importance_errors() for name in self.target_names}
            return pd.concat(parts, names=["target", "feature"])
        sizes = self._sizes
        spread = sizes.std(axis=0, ddof=1) if len(sizes) > 1 else np.full(sizes.shape[1], np.nan)
        errors = pd.Series(spread / np.sqrt(len(sizes)), pd.Index(self.feature_names, name="feature"), name="error")
        return errors.loc[self.importance().index]

    @property
    def _sizes(self) -> Floats:
        """What importances are means of, ``(n_rows, n_features)``."""
        return np.abs(self.values) if self.kind == "additive" else self.values

    def feature_numbers(self, feature: str) -> tuple[Floats, tuple[str, ...] | None]:
        """Return a feature's values as numbers ``(n_rows,)``, gaps as NaN, and for a category its levels.

        A category's numbers point to its levels, in their own order where they have one, else in the alphabet's.
        Dates are days since 1970. The columns of a group have no number in common: all are NaN. Raises OptionError.
        """
        from nbreg.data.frames import as_frame

        members = self.players.members[self.players.position_of(feature)]
        if len(members) > 1:
            return np.full(len(self), np.nan), None
        return _as_numbers(as_frame(self.data), members[0])

    def feature_texts(self, row: int) -> tuple[str, ...]:
        """Return each feature's value in one row, as text for people. Raises OptionError."""
        self.check_row(row)
        return tuple(texts[0] for texts in self._texts(slice(row, row + 1)))

    def _texts(self, rows: slice) -> list[list[str]]:
        """Return for each feature the texts of its values; those of a group's columns stand side by side."""
        from nbreg.data.frames import as_frame

        frame = as_frame(self.data)[rows]
        values = {name: [_as_text(value) for value in frame[name].to_list()] for name in frame.columns}
        return [
            [", ".join(of_row) for of_row in zip(*(values[name] for name in members), strict=True)]
            for members in self.players.members
        ]

    def check_row(self, row: int) -> None:
        """Raise OptionError unless there is a row of this number, counted from 0."""
        if not 0 <= row < len(self):
            raise OptionError(f"row takes a number from 0 to {len(self) - 1:,}, a row of this explanation; got {row}.")

    def to_frame(self) -> pd.DataFrame:
        """Return the attributions as a pandas table: a line for each row, the features, base value and prediction.

        For several targets a line for each row and target. The index holds the positions in the table given.
        """
        import pandas as pd

        if len(self.target_names) > 1:
            parts = {name: self.of_target(name).to_frame() for name in self.target_names}
            return pd.concat(parts, names=["target"]).swaplevel().sort_index(level="row", sort_remaining=False)
        table = pd.DataFrame(self.values, pd.Index(self.rows, name="row"), pd.Index(self.feature_names, name="feature"))
        if self.base_values is not None:
            table["(base value)"] = self.base_values
        table["(prediction)"] = self.predictions
        return table

    def to_shap(self) -> shap.Explanation:
        """Return a ``shap.Explanation`` that shap's own plots draw: categories and dates as numbers to colour by."""
        import shap

        columns = [self.feature_numbers(name)[0] for name in self.feature_names]
        return shap.Explanation(
            values=self.values,
            base_values=np.zeros(len(self)) if self.base_values is None else self.base_values,
            data=np.column_stack(columns),
            display_data=np.array(self._texts(slice(None)), dtype=object).T,
            feature_names=list(self.feature_names),
            output_names=list(self.target_names) if len(self.target_names) > 1 else self.target_names[0],
        )

    def plot(self, name: str = "importance", **choices: Any) -> Any:
        """Return a plot of this explanation, as ``%nnreg plot NAME`` draws it; `choices` are its options."""
        from nbreg.plots.plot import plot

        return plot(name, self, **choices)

    def __repr__(self) -> str:
        return (
            f"<Explanation of {', '.join(self.target_names)} by {self.method}: {len(self):,} rows, "
            f"{len(self.players):,} features>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from nbreg.plots.explanation_card import explanation_card

        return explanation_card(self)._repr_mimebundle_()


def _as_numbers(frame: Frame, name: str) -> tuple[Floats, tuple[str, ...] | None]:
    series = frame[name]
    kind = kind_of(series)
    if kind in ("number", "boolean", "empty"):
        return read_numbers(series), None
    if kind == "date":
        times = read_times(series)
        days = (times - np.datetime64(0, "us")) / np.timedelta64(1, "D")
        return np.where(np.isnat(times), np.nan, days), None
    if kind == "unreadable":
        raise DataError(f'Column "{name}" holds neither numbers, true or false, dates nor text.')
    codes, found = read_levels(series)
    order = own_order(series)
    levels = [level for level in order if level in found] if set(found[:-1]) <= set(order) else sorted(found[:-1])
    place = np.array([*(levels.index(level) for level in found[:-1]), np.nan])
    return place[codes], tuple(levels)


def _as_text(value: Any) -> str:
    if value is None or value != value:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value).removesuffix(" 00:00:00")
    return tick(float(f"{value:.4g}") if abs(value) < 1_000 else float(value))
