"""How predictions move with one feature, or with two, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import counted, listed, per_cent, rounded
from nbreg.explanation.effects.axis import Axis
from nbreg.explanation.effects.pictured import Pictured
from nbreg.explanation.explained import Floats

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: What each kind is called.
TITLES = {
    "pdp": "partial dependence",
    "ice": "individual conditional expectations",
    "ale": "accumulated local effects",
}

#: What moves by less than this share of its size is rounding.
FLAT = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Effect(Pictured):
    """The effect of one feature, or of two together, on the predictions, in target units.

    Attributes
    ----------
    kind : str
        ``pdp``, ``ice`` or ``ale``.
    axes : tuple of Axis
        One for each feature: its grid, and where the rows stand on it.
    values : ``(n_grid[, n_grid_2][, n_targets])``
        The mean prediction at each value (pdp, ice), or the effect, which has a mean of zero over the rows (ale); of
        two features, what they do beyond what each does alone (ale). The last dimension is there for several targets.
    spread : ``(n_grid[, n_targets])``, or None
        How far the rows' own curves differ in shape: the standard deviation of the curves, each shifted to a mean of
        zero. None for ale and for two features.
    curves : ``(n_rows, n_grid[, n_targets])``, or None
        For ice, the prediction for each row at each value.
    h_squared : ``([n_targets])``
        Friedman and Popescu's H squared: of what two features do together, or one with all others, the share of the
        variance that is interaction.
    target_names : tuple of str
    rows : ``(n_rows,)``
        The positions of the rows averaged over in the table that was given.
    centred : bool
        Whether curves were made to begin at zero.
    empty : ``(n_grid - 1, n_grid_2 - 1)``, or None
        For ale of two features, cells between values that no row lies in.
    notices : tuple of str
        What to keep in mind, a sentence each.
    """

    of_targets: ClassVar[tuple[str, ...]] = ("values", "spread", "curves", "h_squared")

    kind: str
    axes: tuple[Axis, ...]
    values: Floats
    target_names: tuple[str, ...]
    rows: NDArray[np.intp]
    h_squared: Floats
    spread: Floats | None = None
    curves: Floats | None = None
    centred: bool = False
    empty: NDArray[np.bool_] | None = None
    notices: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.axes)

    @property
    def grid(self) -> tuple[NDArray[Any], ...]:
        """The values of each feature that were asked for, as the table has them."""
        return tuple(axis.values for axis in self.axes)

    @property
    def h_statistic(self) -> Floats:
        """Friedman and Popescu's H, the root of `h_squared`."""
        root: Floats = np.sqrt(self.h_squared)
        return root

    def measure(self, target: str) -> str:
        """Return what an axis of values is called."""
        if self.kind == "ale":
            return f"joint effect on {target}" if len(self.axes) == 2 else f"effect on {target}"
        predicted = target if target.startswith("prediction") else f"predicted {target}"  # functions name no target
        return f"change of {predicted}" if self.centred else predicted

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a line for each value of the grid (for ice, each row and value).

        Its columns are the features, ``target`` where there are several, the values and their spread.
        """
        import pandas as pd

        if len(self.target_names) > 1:
            parts = {name: self.of_target(name).to_frame() for name in self.target_names}
            measures = {self.measure(name): self.measure("target") for name in self.target_names}
            whole = pd.concat({name: part.rename(columns=measures) for name, part in parts.items()}, names=["target"])
            return whole.reset_index("target").reset_index(drop=True)
        if self.curves is not None:
            return self._curves_to_frame()
        places = np.meshgrid(*(np.arange(len(axis)) for axis in self.axes), indexing="ij")
        columns = {axis.name: axis.values[place.ravel()] for axis, place in zip(self.axes, places, strict=True)}
        table = pd.DataFrame(columns)
        table[self.measure(self.target_names[0])] = self.values.ravel()
        if self.spread is not None:
            table["spread"] = self.spread
        return table

    def _curves_to_frame(self) -> pd.DataFrame:
        import pandas as pd

        assert self.curves is not None  # the caller has looked
        axis = self.axes[0]
        table = pd.DataFrame({"row": np.repeat(self.rows, len(axis)), axis.name: np.tile(axis.values, len(self.rows))})
        table[self.measure(self.target_names[0])] = self.curves.ravel()
        return table

    @property
    def figure(self) -> Figure:
        """A matplotlib figure of it, which belongs to nobody else."""
        from nbreg.plots.effect_plot import effect_figure

        return effect_figure(self)

    def sentence(self) -> str:
        """Return what is to be seen of one target."""
        target, names = self.target_names[0], listed(self.feature_names)
        said = (
            f"{_upper_first(self.measure(target))} by {names} ({TITLES[self.kind]} over "
            f"{counted(len(self.rows), 'row')}): {_range(self)}."
        )
        return f"{said} {interaction_words(self)}".rstrip()


def _range(effect: Effect) -> str:
    values = effect.values
    if np.ptp(values) <= FLAT * np.abs(values).max():
        return f"the same everywhere, {rounded(float(values.flat[0]))}"
    low, high = (np.unravel_index(at, values.shape) for at in (values.argmin(), values.argmax()))
    return (
        f"from {rounded(float(values[low]))} at {_where(effect, low)} "
        f"to {rounded(float(values[high]))} at {_where(effect, high)}"
    )


def _where(effect: Effect, place: tuple[Any, ...]) -> str:
    several = len(effect.axes) > 1
    texts = [(f"{axis.name} " if several else "") + axis.texts[i] for axis, i in zip(effect.axes, place, strict=True)]
    return listed(texts)


def interaction_words(effect: Effect) -> str:
    """Return how much of one target's effect is interaction, in words; nothing where that is not known."""
    share = float(effect.h_squared)
    if not np.isfinite(share):
        return ""
    words = "under 0.1 %" if share < 0.001 else per_cent(share)
    if len(effect.axes) == 2:
        return f"Interaction: {words} of the variance of what both do together (H²)."
    return f"Interaction with other features: {words} of the predictions' variance (H²)."


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
