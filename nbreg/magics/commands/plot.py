"""%nnreg plot"""

from __future__ import annotations

from typing import Any

from nbreg.magics.command import COMMANDS, Acting, Argument, Call, Command, Keeping
from nbreg.options import Choice


def _plot_names() -> list[str]:
    from nbreg.plots.plot import PLOTS

    return list(PLOTS)


class Plot(Command):
    """Draw what a training came to, or the network itself."""

    arguments = (Argument("plot", "Which picture.", Choice(among=_plot_names)),)
    specs = (Acting, Keeping)
    examples = ("%nnreg plot learning_curve", "%nnreg plot residuals --model model")

    def run(self, call: Call) -> Any:
        from nbreg.plots.plot import draw

        return draw(call.arguments["plot"], call.regressor())


COMMANDS.register("plot")(Plot())
