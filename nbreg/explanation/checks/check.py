"""What a check is: one that measures how far an explanation is to be trusted."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from nbreg.explanation.checks.trial import Trial
from nbreg.registry import Registry


@dataclass(frozen=True)
class Checked:
    """What a check found.

    `value` is NaN where it does not apply, and `text`, else the value as people read it, then says why. `reading` says
    in one line how to read it; `is_good` is None where there is nothing to judge.
    """

    name: str
    title: str
    value: float
    text: str
    reading: str
    is_good: bool | None


class Measured(NamedTuple):
    """A check's figure, as people read it, and whether it speaks for the explanation."""

    value: float
    text: str
    is_good: bool


class Check(ABC):
    """A way to put an explanation to the test; the docstring says which, with its source."""

    title: ClassVar[str]
    #: One line on how to read the figure: what is good, what is bad.
    reading: ClassVar[str]
    #: Checks run, and are shown, in this order.
    place: ClassVar[int]

    @abstractmethod
    def refusal(self, trial: Trial) -> str | None:
        """Return why this explanation cannot be checked so, or None."""

    @abstractmethod
    def measure(self, trial: Trial) -> Measured | None:
        """Return what was found; None where there is nothing to find, as all predictions or attributions are alike."""


CHECKS: Registry[type[Check]] = Registry("nbreg.explanation.checks", "check")


def checked(name: str, trial: Trial) -> Checked:
    """Put the explanation to one test."""
    check = CHECKS[name]()
    why_not = check.refusal(trial)
    if why_not is not None:
        return not_measured(name, why_not)
    measured = check.measure(trial)
    if measured is None or not math.isfinite(measured.value):
        return not_measured(name, "predictions or attributions do not differ")
    return Checked(name, check.title, measured.value, measured.text, check.reading, measured.is_good)


def not_measured(name: str, why: str) -> Checked:
    """Return what stands for a test that was not made."""
    check = CHECKS[name]
    return Checked(name, check.title, math.nan, f"not measured: {why}", check.reading, None)
