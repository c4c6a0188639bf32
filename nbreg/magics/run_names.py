"""How lines mean the session's runs: by number, by name, or by a regressor's name in the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbreg.branching.starting import parted
from nbreg.options import Kind


class RunName(Kind):
    """One run."""

    expected = "a run's number or name, such as 3"
    metavar = "RUN"

    def check(self, value: Any) -> str:
        if not str(value).strip():
            raise ValueError
        return str(value).strip()


class RunNames(RunName):
    """Runs; the flag is given once for each."""

    many = True

    def check(self, value: Any) -> Any:
        given = [value] if isinstance(value, str) else value
        return tuple(RunName().check(each) for each in given)


class Renamings(RunNames):
    """Runs and their new names; the flag is given once for each."""

    expected = 'RUN=NAME, such as "3=best small"'
    metavar = "RUN=NAME"

    def check(self, value: Any) -> Any:
        renamings = super().check(value)
        if not all(part.strip() for text in renamings for part in text.partition("=")):
            raise ValueError
        return renamings


def run_meant(text: str, names: Mapping[str, Any]) -> Any:
    """Return the regressor that is called `text` in the notebook's `names`, or `text` itself, for the session."""
    found = names.get(text)
    return found if type(found).__name__ in ("Regressor", "Forecaster") else text


def start_meant(text: str, names: Mapping[str, Any]) -> Any:
    """Return what ``--start`` says, with a regressor in place of its name in the notebook."""
    run, epoch = parted(text)
    found = run_meant(run, names)
    return text if found is run else found if epoch is None else (found, epoch)
