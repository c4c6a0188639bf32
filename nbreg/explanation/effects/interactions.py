"""Which features act together, and how much, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbreg.errors import OptionError
from nbreg.evaluation.wording import counted, per_cent, rounded
from nbreg.explanation.effects.pictured import Pictured
from nbreg.explanation.explained import Floats

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: A pair of a smaller H squared adds up, for all that matters.
WORTH_NAMING = 0.001


@dataclass(frozen=True, eq=False, repr=False)
class Interactions(Pictured):
    """How much of the predictions comes from features acting together.

    Attributes
    ----------
    h_squared : ``(n_features, n_features[, n_targets])``
        Friedman and Popescu's (2008) H squared of each pair: of the variance of what both do together, the share that
        is interaction. NaN on the diagonal. It is relative: where both do little, it may be large and mean little.
    sizes : as h_squared
        The same interaction in target units: its standard deviation over the rows.
    total_h_squared : ``(n_features[, n_targets])``
        H squared of each feature with all others: of the variance of the predictions.
    values : ``(n_rows, n_features, n_features[, n_targets])``, or None
        Exact Shapley interaction values in target units, each pair's shared by both halves of the matrix: rows sum to
        the Shapley values, all to the prediction less the base value. None beyond 12 features.
    base_values : ``([n_targets])``
        The mean prediction over the background.
    feature_names, target_names : tuple of str
    rows : ``(n_rows,)``
        The positions of the rows in the table that was given.
    n_background : int
    notices : tuple of str
        What to keep in mind, a sentence each.
    """

    of_targets: ClassVar[tuple[str, ...]] = ("h_squared", "sizes", "total_h_squared", "values", "base_values")

    h_squared: Floats
    sizes: Floats
    total_h_squared: Floats
    values: Floats | None
    base_values: Floats
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    rows: NDArray[np.intp]
    n_background: int
    notices: tuple[str, ...] = ()

    def strength(self) -> pd.DataFrame:
        """Return a pandas table of all pairs, the strongest first.

        Columns: ``feature``, ``other``, ``target`` where there are several, ``H²``, ``size`` (its standard deviation
        over the rows) and, where Shapley interaction values are known, ``mean |interaction|`` (both halves together),
        in target units. By the last column it is sorted.
        """
        import pandas as pd

        if len(self.target_names) > 1:
            parts = {name: self.of_target(name).strength() for name in self.target_names}
            return pd.concat(parts, names=["target"]).reset_index("target").reset_index(drop=True)
        first, second = np.triu_indices(len(self.feature_names), k=1)
        names = np.array(self.feature_names, dtype=object)
        columns: dict[str, Any] = {"feature": names[first], "other": names[second]}
        columns |= {"H²": self.h_squared[first, second], "size": self.sizes[first, second]}
        if self.values is not None:
            columns["mean |interaction|"] = self.mean_interactions()[first, second]
        table = pd.DataFrame(columns)
        return table.sort_values(table.columns[-1], ascending=False, kind="stable", ignore_index=True)

    def mean_interactions(self) -> Floats:
        """Return the mean absolute interaction of each pair, both halves together, ``(n_features, n_features)``.

        For one target; on the diagonal is what each feature does alone. Raises OptionError where no Shapley
        interaction values are known.
        """
        if self.values is None:
            raise OptionError("Shapley interaction values are known up to 12 features; here is H² alone.")
        one = self.of_target()
        assert one.values is not None  # as there are for all targets
        sizes: Floats = np.abs(one.values).mean(axis=0)
        return sizes * (2 - np.eye(len(sizes)))

    def to_frame(self) -> pd.DataFrame:
        """Return the same table as `strength`."""
        return self.strength()

    @property
    def figure(self) -> Figure:
        """A matplotlib figure of it, which belongs to nobody else."""
        from nbreg.plots.interaction_plot import interaction_figure

        return interaction_figure(self)

    def sentence(self) -> str:
        pairs = self.strength()
        strongest = pairs[pairs["H²"] >= WORTH_NAMING].iloc[:3]
        each = [
            f"{pair['feature']} with {pair['other']} ({rounded(float(pair.iloc[-1]))}, H² {per_cent(pair['H²'])})"
            for _, pair in strongest.iterrows()
        ]
        measure = "mean size" if self.values is not None else "standard deviation"
        where = f"for {self.target_names[0]} over {counted(len(self.rows), 'row')}"
        if not each:
            return f"No interactions {where}: in no pair is H² above {per_cent(WORTH_NAMING)}."
        return f"Strongest interactions {where} ({measure}): {'; '.join(each)}."
