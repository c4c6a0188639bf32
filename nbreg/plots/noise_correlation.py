"""How the noise of several targets goes together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbreg.evaluation.wording import counted, of_one
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo, regressor_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbreg.joint.noise import NoiseCorrelation

Floats = NDArray[np.float64]

#: Up to so many targets a correlation is written into its square.
MOST_WRITTEN = 8
#: So many pairs are told in words, those that go together most.
_TOLD = 3


@dataclass(frozen=True, eq=False)
class Map:
    """One map of correlations, ``(n_targets, n_targets)``."""

    title: str
    values: Floats


@PLOTS.register("noise_correlation")
@dataclass(frozen=True, eq=False)
class NoiseMaps(PlotInfo):
    """A map of the correlations of the noise as a joint head predicts them, and beside it those of the residuals."""

    title = "Correlation of the noise"

    target_names: tuple[str, ...]
    maps: tuple[Map, Map]

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> NoiseMaps:
        from nbreg.joint.noise import noise_correlation

        regressor_part(subject, "target_names_", cls.title)
        return cls.of_noise(noise_correlation(subject))

    @classmethod
    def of_noise(cls, noise: NoiseCorrelation) -> NoiseMaps:
        """Return what there is to see of correlations."""
        predicted = Map("Predicted correlation of the noise", noise.predicted)
        residual = Map(f"Correlation of the residuals, {counted(noise.n_rows, noise.rows + ' row')}", noise.residual)
        return cls(noise.target_names, (predicted, residual))

    @property
    def alt(self) -> str:
        return f"{self.title} of {len(self.target_names)} targets. {'; '.join(map(self._words, self.maps))}."

    def _words(self, of: Map) -> str:
        """Return those pairs that go together most."""
        rows, columns = np.tril_indices(len(self.target_names), -1)
        order = np.argsort(-np.nan_to_num(np.abs(of.values[rows, columns])), kind="stable")[:_TOLD]
        names = self.target_names
        pairs = (f"{names[columns[i]]} and {names[rows[i]]} {of_one(of.values[rows[i], columns[i]])}" for i in order)
        return f"{of.title}: {', '.join(pairs)}"

    def draw(self) -> Figure:
        from nbreg.plots import theme

        side = max(2.6, min(7.0, 0.5 * len(self.target_names) + 1.6))
        figure = theme.new_figure((side + 0.9) * len(self.maps) + 0.5, side + 0.4)
        grid = figure.subplots(1, len(self.maps), squeeze=False)[0]
        for axes, of in zip(grid, self.maps, strict=True):
            self._draw_map(axes, of)
        _draw_bar(figure, list(grid))
        return figure

    def _draw_map(self, axes: Any, of: Map) -> None:
        import seaborn as sns

        from nbreg.plots import theme

        names = [theme.wrapped(name, 14) for name in self.target_names]
        texts = [[of_one(value) for value in row] for row in of.values]
        sns.heatmap(
            of.values, ax=axes, vmin=-1, vmax=1, cmap=theme.below_to_above(), square=True, cbar=False, linewidths=1,
            annot=np.array(texts) if len(names) <= MOST_WRITTEN else None, fmt="", annot_kws={"fontsize": 9},
            xticklabels=names, yticklabels=names,
        )  # fmt: skip
        axes.set_title(theme.wrapped(of.title, 36))
        axes.tick_params(axis="y", rotation=0)
        axes.tick_params(axis="x", rotation=45 if max(map(len, names)) > 8 else 0)
        axes.grid(visible=False)


def _draw_bar(figure: Figure, grid: list[Any]) -> None:
    """Add the scale of colours."""
    bar = figure.colorbar(grid[0].collections[0], ax=grid, shrink=0.8, aspect=25, pad=0.02)
    bar.set_ticks([-1, -0.5, 0, 0.5, 1])
    bar.outline.set_visible(False)
    bar.set_label("correlation")
