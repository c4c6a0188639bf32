"""What the units of each hidden layer put out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.wording import count, counted, per_cent
from nbreg.explanation.inside import Outputs, outputs_of, rows_to_run
from nbreg.plots.plot import NO_CHOICES, PLOTS, PlotChoices, PlotInfo, regressor_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@PLOTS.register("activations")
@dataclass(frozen=True, eq=False)
class Activations(PlotInfo):
    """A violin for the outputs of each hidden layer over some rows, with its dead units and saturated outputs."""

    title = "Outputs of hidden layers"

    outputs: tuple[Outputs, ...]
    rows: str

    @classmethod
    def of(cls, subject: Any, choices: PlotChoices = NO_CHOICES) -> Activations:
        network = regressor_part(subject, "network_", cls.title)
        inputs, rows = rows_to_run(subject)
        return cls(outputs_of(network, inputs), rows)

    @property
    def n_dead(self) -> int:
        return sum(len(each.dead) for each in self.outputs)

    @property
    def summary(self) -> str:
        """How many units are dead, of all."""
        units = counted(sum(each.n_units for each in self.outputs), "unit")
        return f"{count(self.n_dead)} of {units} dead" if self.n_dead else f"none of {units} dead"

    @property
    def alt(self) -> str:
        each = "; ".join(f"{outputs.layer}: {_words(outputs)}" for outputs in self.outputs)
        return f"{self.title} on {self.rows}, {self.summary}. {each}."

    def draw(self) -> Figure:
        from nbreg.plots.violins import Panel, Violin, draw_violins

        violins = [Violin(each.layer, _words(each), each.values.ravel()) for each in self.outputs]
        title = f"{self.title}, {self.rows}"
        label = f"output; {self.summary} (the same output for all rows)"
        return draw_violins([Panel(title, label, violins)])


def _words(outputs: Outputs) -> str:
    dead = f"{count(len(outputs.dead))} dead" if outputs.dead else "none dead"
    saturated = "" if outputs.saturated is None else f"{per_cent(outputs.saturated)} of outputs saturated"
    zero = f"{per_cent(outputs.zero)} of outputs 0" if outputs.zero else ""
    return ", ".join(filter(None, [counted(outputs.n_units, "unit"), outputs.activation, dead, saturated, zero]))
