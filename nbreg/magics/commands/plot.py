"""%nnreg plot"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbreg.errors import OptionError
from nbreg.magics.command import COMMANDS, Argument, Call, Command, ExplanationName, Keeping, ResultName
from nbreg.options import Choice, Optional, Spec, option
from nbreg.panels.notebook_names import Acting
from nbreg.plots.plot import PLOTS, PlotChoices, plot

#: What a plot is a picture of -> the options that name it.
_NAMED_BY = {"regressor": ("model", "explanation"), "study": ("study",), "search": ("search",)}


@dataclass(frozen=True)
class Showing(Spec):
    """Which explanation, study or search is drawn."""

    explanation: str | None = option(
        None, "Explanation to show, by its name; the regressor's last one unless given.", Optional(ExplanationName())
    )
    study: str | None = option(
        None, "Study to show, by its name; the latest unless given.", Optional(ResultName("study"))
    )
    search: str | None = option(
        None, "Search (%nnreg tune) to show, by its name; the latest unless given.", Optional(ResultName("search"))
    )


class Plot(Command):
    """Draw what a training came to, what an explanation, a study or a search found, or the network itself.

    An explanation: importance, beeswarm, dependence, heatmap, and waterfall for one row. A training: learning_curve,
    learning_rate, predicted_observed, residuals, residual_correlation. The network: network, weights, activations. A
    joint head: noise_correlation, joint_samples. A forecaster: forecast. Windows and signals: window_heatmap. A
    regressor that has not been explained yet is explained first. A study: study. A search: best_so_far,
    option_importance, parallel_coordinates.
    """

    arguments = (Argument("plot", "Which picture.", Choice(among=lambda: tuple(PLOTS))),)
    specs = (PlotChoices, Showing, Acting, Keeping)
    examples = (
        "%nnreg plot learning_curve",
        "%nnreg plot residuals --model model",
        "%nnreg plot waterfall --row 17",
        "%nnreg plot dependence --feature carat --explanation why",
        "%nnreg plot study",
        "%nnreg plot parallel_coordinates --search found",
    )

    def run(self, call: Call) -> Any:
        if call.options.get("explanation") and call.options.get("model"):
            raise OptionError("--explanation and --model both say what to draw: give one of them.")
        shows = PLOTS[call.arguments["plot"]].shows
        _refuse_others(call, shows)
        explanation = call.explanation()
        drawn = call.result(shows) if shows != "regressor" else call.regressor() if explanation is None else explanation
        choices = {name: call.options.get(name) for name in PlotChoices.options()}
        return plot(call.arguments["plot"], drawn, **choices)


def _refuse_others(call: Call, shows: str) -> None:
    """Raise OptionError where something is named that the plot is no picture of."""
    for name in (each for what, names in _NAMED_BY.items() if what != shows for each in names):
        if call.options.get(name):
            raise OptionError(f"{call.arguments['plot']} is a picture of a {shows}: it has no use for --{name}.")


COMMANDS.register("plot")(Plot())
