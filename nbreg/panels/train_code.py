"""The line and the Python that do what the train panel does, and what the test says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbreg.evaluation.metrics import METRICS
from nbreg.evaluation.wording import counted
from nbreg.retelling import fit_code, fit_line

if TYPE_CHECKING:
    from nbreg.regressor import Regressor

#: What is told of the test.
_TOLD = ("r2", "rmse", "mae")


def retold(arguments: Mapping[str, Any], last: Mapping[str, Any] | None, steering: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments to write down.

    As long as they are those of the `last` training, what was done by hand while it trained (`steering`) is among
    them, so that they tell that training again.
    """
    return {**arguments, **steering} if last == arguments else dict(arguments)


def lines(arguments: Mapping[str, Any], table: str, out: str | None, verb: str) -> tuple[str, str]:
    """Return the line and the Python call for these arguments of ``%nnreg fit`` or ``%nnreg forecast``, the `verb`."""
    return fit_line(arguments, table, out, verb=verb), fit_code(arguments, table, out, verb=verb)


def test_words(regressor: Regressor) -> str:
    """Return the metrics on the test rows, in a line for each target. Raises DataError where there are none."""
    found = regressor.evaluation_of("test")
    several = len(found.targets) > 1
    lines = []
    for target in found.targets:
        figures = (f"{METRICS[name].title} {METRICS[name].show(found.value(name, target))}" for name in _TOLD)
        lines.append((f"{target}: " if several else "") + ", ".join(figures))
    return f"{counted(found.n_rows, 'test row')}: {'; '.join(lines)}"
