"""What can go wrong, each told in one line: what was expected, what came, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class NbregError(ValueError):
    """A mistake that the user can mend. The message is one line.

    It is a ``ValueError``, as scikit-learn expects of bad input.
    """

    #: What a failed training left: a regressor with the best weights that it had reached.
    regressor: Any = None

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))

    def _render_traceback_(self) -> list[str]:
        # IPython prints these lines in place of a traceback and still fails the cell.
        return [f"nbreg: {self}"]


class DataError(NbregError):
    """The table, its columns or its values do not fit."""


class OptionError(NbregError):
    """A command, an option or an option's value is not one that nbreg knows."""


class TrainingError(NbregError):
    """Training could not go on; what it had reached is kept."""


class FileError(NbregError):
    """A file is missing, or is not what it should be."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``' Did you mean "x"?'`` for the nearest known name, or what there is to choose from."""
    names = [str(candidate) for candidate in known]
    by_lower = {candidate.lower(): candidate for candidate in reversed(names)}
    near = get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{by_lower[near[0]]}"?'
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" There are: {shown}."
