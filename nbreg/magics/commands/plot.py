"""%nnreg plot"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.errors import OptionError
from nbreg.magics.command import COMMANDS, Argument, Call, Command, ExplanationName, Keeping
from nbreg.options import Choice, Optional, Spec, option
from nbreg.panels.notebook_names import Acting
from nbreg.plots.plot import PLOTS, PlotChoices, plot


@dataclass(frozen=True)
class Showing(Spec):
    """Which explanation is drawn."""

    explanation: str | None = option(
        None, "Explanation to show, by its name; the regressor's last one unless given.", Optional(ExplanationName())
    )


class Plot(Command):
    """Draw what a training came to, what an explanation found, or the network itself.

    An explanation: importance, beeswarm, dependence, heatmap, and waterfall for one row. A training: learning_curve,
    learning_rate, predicted_observed, residuals, residual_correlation. The network: network, weights, activations. A
    joint head: noise_correlation, joint_samples. A forecaster: forecast. Windows and signals: window_heatmap. A
    regressor that has not been explained yet is explained first.
    """

    arguments = (Argument("plot", "Which picture.", Choice(among=lambda: tuple(PLOTS))),)
    specs = (PlotChoices, Showing, Acting, Keeping)
    examples = (
        "%nnreg plot learning_curve",
        "%nnreg plot residuals --model model",
        "%nnreg plot waterfall --row 17",
        "%nnreg plot dependence --feature carat --explanation why",
    )

    def run(self, call: Call) -> Any:
        if call.options.get("explanation") and call.options.get("model"):
            raise OptionError("--explanation and --model both say what to draw: give one of them.")
        explanation = call.explanation()
        subject = call.regressor() if explanation is None else explanation
        choices = {name: call.options.get(name) for name in PlotChoices.options()}
        return plot(call.arguments["plot"], subject, **choices)


COMMANDS.register("plot")(Plot())
