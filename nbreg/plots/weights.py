"""How the weights of each layer are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.errors import DataError
from nbreg.evaluation.wording import count, counted, per_cent, rounded
from nbreg.explanation.inside import NEAR_ZERO, Weights, weights_of
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo, regressor_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_NEAR = f"below {100 * NEAR_ZERO:g} % of the largest"


@PLOTS.register("weights")
@dataclass(frozen=True, eq=False)
class LayerWeights(PlotInfo):
    """A violin for the kernel of each layer, and apart from these one for its biases."""

    title = "Weights"

    weights: tuple[Weights, ...]

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> LayerWeights:
        return cls.of_network(regressor_part(subject, "network_", cls.title))

    @classmethod
    def of_network(cls, network: Any) -> LayerWeights:
        """Return the weights of a Keras model. Raises DataError where it has none."""
        weights = weights_of(network)
        if not weights:
            raise DataError("This network has no weights.")
        return cls(weights)

    @property
    def alt(self) -> str:
        each = "; ".join(f"{_name(weights)}: {_words(weights)}" for weights in self.weights)
        return f"Weights of each layer. {each}. Near zero: {_NEAR}."

    def draw(self) -> Figure:
        from nbreg.plots.violins import Panel, Violin, draw_violins

        titles = {False: "Weights", True: "Biases"}
        label = f"value; near zero: {_NEAR}"
        panels = [
            Panel(title, label, [Violin(_name(w), _words(w), w.finite) for w in self.weights if w.is_shift == is_shift])
            for is_shift, title in titles.items()
        ]
        return draw_violins([panel for panel in panels if panel.violins])


def _name(weights: Weights) -> str:
    return f"{weights.layer} {weights.part}"


def _words(weights: Weights) -> str:
    spread = f"mean {rounded(weights.mean)}, s.d. {rounded(weights.deviation)}" if weights.n > 1 else ""
    value = f"value {rounded(weights.mean)}" if weights.n == 1 else ""
    near = f"{per_cent(weights.near_zero)} near zero" if weights.n > 1 else ""
    bad = f"{count(weights.n_not_finite)} not finite" if weights.n_not_finite else ""
    return ", ".join(filter(None, [counted(weights.n, "weight"), value, spread, near, bad]))
