"""%nnreg panel"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbreg.magics.command import COMMANDS, Argument, Call, Command, Frame, Keeping
from nbreg.magics.meaning import meant
from nbreg.options import Option

if TYPE_CHECKING:
    from nbreg.panels.panel import Panel

#: What a table alone opens.
_USUAL = "train"


class PanelOrTable(Frame):
    """The name of a panel, or of a table to train on."""

    metavar = "PANEL|DATA"

    @property
    def expected(self) -> str:  # type: ignore[override]  # what is registered is known only when it is asked for
        return f"{', '.join(self.choices())}, or {Frame.expected}"

    def choices(self) -> Sequence[str]:
        return tuple(_panels())


class OpenPanel(Command):
    """Open a panel: the same as the commands do, with the mouse.

    The train panel chooses, trains, steers and goes on from earlier runs; the options say what its controls show at
    first, and --out names each regressor that it trains. The forecast panel does so for forecasts of series. The runs
    panel compares what was trained in this session. The study panel trains with each value of one choice on the same
    folds, and shows what really differs; --out names each study.
    The explain panel says why the latest regressor predicts what it does, and what if. All stay usable while other
    cells run.
    """

    arguments = (
        Argument("panel", "Which panel; or a table, for the train panel.", PanelOrTable(), required=False),
        Argument("data", "The table to train on, or the rows to explain.", Frame(), required=False),
    )
    examples = (
        "%nnreg panel df",
        "%nnreg panel df --target price --hidden 32,16 --out model",
        "%nnreg panel forecast df --target temp --time time_hour",
        "%nnreg panel study df --target price --factor hidden_units --values 16,64,256",
        "%nnreg panel runs",
        "%nnreg panel explain",
        "panel = %nnreg panel explain new --method shapley",
    )

    def __init__(self, which: str = _USUAL):
        self._which = which

    def of(self, words: Sequence[str]) -> OpenPanel:
        named = next((word for word in words if not word.startswith("-")), "")
        return OpenPanel(named) if named in _panels() else self

    @property
    def keeps_value(self) -> bool:
        # Where a panel has a use of its own for --out, it names what comes of the panel, not the panel.
        return "out" not in _panels()[self._which].options()

    def grouped_options(self) -> dict[str, dict[str, Option]]:
        own = _panels()[self._which].options()
        return {f"{self._which.capitalize()} panel": own, "Notebook": {} if "out" in own else Keeping.options()}

    def run(self, call: Call) -> Any:
        first, second = call.arguments["panel"], call.arguments["data"]
        name = second if first in _panels() else first
        table = None if name is None else call.table(name)
        choices = meant(call, self.options(), table)
        if self.keeps_value:
            choices.pop("out", None)
        return _panels()[self._which].opened(table, **choices)


def _panels() -> dict[str, type[Panel]]:
    from nbreg.panels.panel import PANELS  # which loads ipywidgets

    return {name: PANELS[name] for name in PANELS}


COMMANDS.register("panel")(OpenPanel())
