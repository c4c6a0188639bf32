"""How a notebook shows regressors: live while they train, then as a card, once a cell."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from nbreg.training.conducting import CONDUCTING
from nbreg.training.run import Run


class Showing:
    """What ``%load_ext nbreg`` changes in how trainings are shown."""

    def __init__(self, shell: Any, preferences: Any):
        self.shell, self.preferences = shell, preferences
        self._shown: tuple[Any, int] | None = None

    def begin(self) -> None:
        """Show trainings from now on."""
        # By name, so that the regressor's module need not be imported yet.
        self.shell.display_formatter.mimebundle_formatter.for_type_by_name("nbreg.regressor", "Regressor", self.bundle)
        self._former = CONDUCTING.conductor
        CONDUCTING.conductor = self.conduct

    def end(self) -> None:
        """Show no more than plain Python does."""
        self.shell.display_formatter.mimebundle_formatter.pop("nbreg.regressor.Regressor", None)
        CONDUCTING.conductor = self._former

    def conduct(
        self, run: Run, work: Callable[[], object], *, title: str, final: Callable[[], Any], background: bool
    ) -> None:
        """Have the work done in front of the user's eyes; see `nbreg.training.conducting.Conductor`."""
        from nbreg.panels.watching import watch

        live = None if self.preferences.live else False
        watch(run, work, title=title, final=final, background=background, live=live)

    def bundle(self, regressor: Any) -> Any:
        """Return the regressor's card; where this cell has shown it already, a line.

        A cell that ends in ``%nnreg fit`` has shown the card in place of the live view, and shows its value too.
        """
        count = self.shell.execution_count
        if self._shown and self._shown[0]() is regressor and self._shown[1] == count:
            return {"text/plain": regressor.words()}
        self._shown = (weakref.ref(regressor), count)
        return regressor._repr_mimebundle_()
